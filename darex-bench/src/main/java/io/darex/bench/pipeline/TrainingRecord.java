package io.darex.bench.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.darex.bench.console.BadInputException;
import io.darex.bench.console.JsonFile;
import io.darex.bench.report.Results.Epoch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How far a fine-tune has come: {@code training.json}.
 *
 * @param job SHA-256 of what determines the tuned checkpoint
 * @param epochs finished so far
 * @param plannedEpochs how many the schedule was made for
 * @param patience epochs without a better validation score after which training stops; 0 never does
 */
record TrainingRecord(String job, List<Epoch> epochs, int plannedEpochs, int patience) {
  static final String FILE = "training.json";

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  TrainingRecord {
    epochs = List.copyOf(epochs);
  }

  /** The same training, with these epochs finished. */
  TrainingRecord with(List<Epoch> finished) {
    return new TrainingRecord(job, finished, plannedEpochs, patience);
  }

  /** The same training, one epoch later. */
  TrainingRecord then(Epoch next) {
    List<Epoch> finished = new ArrayList<>(epochs);
    finished.add(next);
    return with(finished);
  }

  /** The number of the best epoch on validation, the earlier one among equals. */
  int best() {
    return epochs.stream()
        .max(Comparator.comparingDouble(Epoch::validation).thenComparingInt(e -> -e.epoch()))
        .orElseThrow()
        .epoch();
  }

  /** Whether no epoch is to follow. */
  boolean ended() {
    int done = epochs.size();
    return done == plannedEpochs || (patience > 0 && done > 0 && done - best() >= patience);
  }

  byte[] toJson() {
    try {
      return (JSON.writeValueAsString(this) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads one.
   *
   * @throws BadInputException if it is not what {@link #toJson} writes
   * @throws IOException if it cannot be read
   */
  static TrainingRecord read(Path file) throws IOException {
    return JsonFile.read(
        file,
        "the record of a training",
        () -> JSON.readValue(Files.readAllBytes(file), TrainingRecord.class));
  }
}
