package io.darex.bench.cli;

import io.darex.bench.encoder.Engine;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option that says what computes the encoder. */
final class EngineOption {
  @Option(
      names = "--engine",
      paramLabel = "NAME",
      description =
          "What computes the encoder: direct, samediff, torch, or auto (the default), which darex"
              + " doctor explains.")
  private Engine engine;

  /** The engine, where one was named. */
  Optional<Engine> named() {
    return Optional.ofNullable(engine);
  }

  /** The engine. */
  Engine given() {
    return named().orElse(Engine.AUTO);
  }
}
