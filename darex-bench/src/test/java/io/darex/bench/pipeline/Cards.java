package io.darex.bench.pipeline;

import io.darex.prune.folder.ModelCard;
import java.util.List;
import java.util.Optional;

/** A card for trainings without a run. */
final class Cards {
  private Cards() {}

  static ModelCard of(TrainingRecord record) {
    return new ModelCard(
        "epoch " + record.epochs().size(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of());
  }
}
