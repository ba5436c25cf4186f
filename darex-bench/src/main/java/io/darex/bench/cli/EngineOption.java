package io.darex.bench.cli;

import io.darex.bench.encoder.Device;
import io.darex.bench.encoder.Engine;
import io.darex.bench.encoder.EngineChoice;
import io.darex.bench.encoder.Precision;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import picocli.CommandLine.Option;

/** The options that say what computes the encoder. */
final class EngineOption {
  @Option(
      names = "--engine",
      paramLabel = "NAME",
      description =
          "What computes the encoder: direct, samediff, torch, or auto (the default), which darex"
              + " doctor explains.")
  private Engine engine;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description =
          "Where engine torch computes: cpu, cuda:N, or auto (the default), the first card if there"
              + " is one.")
  private Device device;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      description =
          "How exactly engine torch evaluates: f32 (the default) or bf16. Training is in f32.")
  private Precision precision;

  /** Whether any of them is there. */
  boolean given() {
    return !said().isEmpty();
  }

  /** What they choose. */
  EngineChoice choice() {
    return over(EngineChoice.AUTO);
  }

  /** Another choice, but for what they say. */
  EngineChoice over(EngineChoice other) {
    return new EngineChoice(
        Objects.requireNonNullElse(engine, other.engine()),
        Objects.requireNonNullElse(device, other.device()),
        Objects.requireNonNullElse(precision, other.precision()));
  }

  /** What they say, by the key of a configuration. */
  SortedMap<String, String> said() {
    SortedMap<String, String> said = new TreeMap<>();
    if (engine != null) {
      said.put("engine", engine.toString());
    }
    if (device != null) {
      said.put("device", device.word());
    }
    if (precision != null) {
      said.put("precision", precision.toString());
    }
    return said;
  }
}
