"""Rules over recorded bytes and a given time: no clock, no socket, no file, so that a verdict can be repeated years later."""
