"""Renders sound through plugins with pedalboard: python oracle.py JOBS FOLDER.

JOBS is a JSON list of {"path", "name", "channels", "values": {parameter: normalised}}. FOLDER has the input
(in.f32, planar, two channels of 32-bit samples); NAME.f32 is written for each job."""
import json
import sys

import numpy
import pedalboard

jobs, folder = json.load(open(sys.argv[1])), sys.argv[2]
sound = numpy.fromfile(f"{folder}/in.f32", numpy.float32).reshape(2, -1)
for job in jobs:
    plugin = pedalboard.load_plugin(job["path"])
    parameters = {p.name: p for p in plugin._parameters}
    for name, value in job["values"].items():
        parameters[name].raw_value = value
    out = plugin.process(sound[: job["channels"]], 48000, buffer_size=64, reset=True)
    out.astype(numpy.float32).tofile(f"{folder}/{job['name']}.f32")
