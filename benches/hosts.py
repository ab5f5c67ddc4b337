"""Sends a sound file through VST3 plugins with another host, as a whole program, for comparison with `rhapsode process`.

python hosts.py make IN                          writes IN: 60 s of stereo noise, 48 kHz, 32-bit floats
python hosts.py HOST BLOCK IN OUT PLUGIN...      HOST is pedalboard or minihost

ZamCompX2 is set to Threshold 0.6 and Makeup 0.1, normalised. pip install pedalboard minihost numpy"""
import struct
import sys

import numpy

VALUES = {"ZamCompX2": {"Threshold": 0.6, "Makeup": 0.1}}


def read(path):
    data = open(path, "rb").read()
    at = 12
    while data[at : at + 4] != b"data":
        at += 8 + struct.unpack("<I", data[at + 4 : at + 8])[0]
    return numpy.ascontiguousarray(numpy.frombuffer(data[at + 8 :], "<f4").reshape(-1, 2).T)


def write(path, sound, rate=48000):
    channels = sound.shape[0]
    data = numpy.ascontiguousarray(sound.T, dtype="<f4").tobytes()
    form = struct.pack("<HHIIHHH", 3, channels, rate, rate * channels * 4, channels * 4, 32, 0)
    head = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data))
    open(path, "wb").write(b"RIFF" + struct.pack("<I", len(head) + len(data)) + head + data)


def with_pedalboard(block, source, target, names):
    import pedalboard
    from pedalboard.io import AudioFile

    with AudioFile(source) as file:
        sound = file.read(file.frames)
    plugins = [pedalboard.VST3Plugin(f"/usr/lib/vst3/{name}.vst3") for name in names]
    for plugin, name in zip(plugins, names):
        parameters = {p.name: p for p in plugin._parameters}
        for parameter, value in VALUES.get(name, {}).items():
            parameters[parameter].raw_value = value
    write(target, pedalboard.Pedalboard(plugins)(sound, 48000, buffer_size=block))


def with_minihost(block, source, target, names):
    import minihost

    sound = read(source)
    plugins = [minihost.Plugin(f"/usr/lib/vst3/{n}.vst3", 48000, block, 2, 2) for n in names]
    for plugin, name in zip(plugins, names):
        for parameter, value in VALUES.get(name, {}).items():
            plugin.set_param_by_name(parameter, value)
    out = minihost.process_audio(minihost.PluginChain(plugins), sound, block_size=block)
    write(target, numpy.asarray(out))


if sys.argv[1] == "make":
    noise = numpy.random.default_rng(20260601).uniform(-0.5, 0.5, (2, 60 * 48000))
    write(sys.argv[2], noise.astype(numpy.float32))
else:
    host, block, source, target, *names = sys.argv[1:]
    {"pedalboard": with_pedalboard, "minihost": with_minihost}[host](int(block), source, target, names)
