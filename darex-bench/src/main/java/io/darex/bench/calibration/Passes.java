package io.darex.bench.calibration;

/**
 * What calibration cost: how many texts went forward and how many back through the encoder. A text
 * that went back went forward before, and is counted there too.
 */
public record Passes(long forward, long backward) {}
