"""Renders sound through plugins with other hosts: python oracle.py JOBS FOLDER.

JOBS is a JSON list of {"path", "name", "channels", "values": {parameter: normalised}} for pedalboard. With
"changes": [[frame, parameter, normalised], ...] it is minihost that renders, and moves parameters at their frames;
with "automation" it reads these from a file. "preset" is a file that pedalboard loads.
FOLDER has the input (in.f32, planar, two channels of 32-bit samples); NAME.f32 is written for each job."""
import json
import sys

import minihost
import numpy
import pedalboard
from minihost.automation import parse_automation_file

RATE, BLOCK = 48000, 64


def with_pedalboard(job, sound):
    plugin = pedalboard.load_plugin(job["path"])
    if "preset" in job:
        plugin.load_preset(job["preset"])
    parameters = {p.name: p for p in plugin._parameters}
    for name, value in job.get("values", {}).items():
        parameters[name].raw_value = value
    return plugin.process(sound, RATE, buffer_size=BLOCK, reset=True)


def with_minihost(job, sound):
    channels = len(sound)
    plugin = minihost.Plugin(job["path"], RATE, BLOCK, channels, channels)
    index = {plugin.get_param_info(i)["name"]: i for i in range(plugin.num_params)}
    changes = job.get("changes") or [
        (at, plugin.get_param_info(i)["name"], x)
        for at, i, x in parse_automation_file(job["automation"], plugin, RATE, sound.shape[1], BLOCK)
    ]
    out = numpy.zeros_like(sound)
    for start in range(0, sound.shape[1], BLOCK):
        here = range(start, start + BLOCK)
        now = [(at - start, index[p], x) for at, p, x in changes if at in here]
        block = numpy.zeros((channels, BLOCK), numpy.float32)
        part = numpy.ascontiguousarray(sound[:, start : start + BLOCK])
        plugin.process_auto(part, block, [], now)
        out[:, start : start + BLOCK] = block
    return out


jobs, folder = json.load(open(sys.argv[1])), sys.argv[2]
sound = numpy.fromfile(f"{folder}/in.f32", numpy.float32).reshape(2, -1)
for job in jobs:
    render = with_minihost if "changes" in job or "automation" in job else with_pedalboard
    out = render(job, sound[: job["channels"]])
    out.astype(numpy.float32).tofile(f"{folder}/{job['name']}.f32")
