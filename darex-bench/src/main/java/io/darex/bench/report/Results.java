package io.darex.bench.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.darex.bench.console.BadInputException;
import io.darex.bench.console.JsonFile;
import io.darex.prune.file.InputFile;
import io.darex.prune.rescale.Point;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lombok.Builder;
import lombok.With;

/**
 * What a run found: {@code results.json}.
 *
 * @param job SHA-256 of what determines the tuned checkpoint; cells of another one are not reused
 * @param version of darex
 * @param task name of the task
 * @param encoder name of the pre-trained encoder
 * @param optimizer name of the optimiser, or {@link #GIVEN}
 * @param training one row an epoch; none of a checkpoint that was given
 * @param plannedEpochs how many the schedule was made for; more than there are rows where training
 *     stopped early, and 0 in files of versions that never did
 * @param tuned the tuned checkpoint
 * @param base the pre-trained encoder with the tuned head
 * @param baselines {@code majority}, the commonest label, or of scores their {@code mean}, and
 *     {@code frozen}, a linear head on the frozen encoder
 * @param cells one row a pruned checkpoint
 * @param made how, where and when; null in files of versions that did not say
 */
@Builder
public record Results(
    String job,
    String version,
    String task,
    String encoder,
    String optimizer,
    List<Epoch> training,
    int plannedEpochs,
    Score tuned,
    Score base,
    Map<String, Score> baselines,
    @With List<Cell> cells,
    @With @JsonInclude(JsonInclude.Include.NON_NULL) Made made) {
  /** Stands for the optimiser of a tuned checkpoint that was not trained here. */
  public static final String GIVEN = "given";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Copies the lists. */
  public Results {
    requireNonNull(job, task, encoder, optimizer, tuned, base, baselines);
    training = List.copyOf(training);
    cells = List.copyOf(cells);
    baselines = Collections.unmodifiableMap(new TreeMap<>(baselines));
  }

  private static void requireNonNull(Object... parts) {
    for (Object part : parts) {
      if (part == null) {
        throw new IllegalArgumentException("a part is missing");
      }
    }
  }

  /**
   * A metric on the two splits.
   *
   * @param metric its name
   * @param value on GLUE dev, this line of work's test split; NaN where an output is not finite
   * @param validation on the held-out tenth of train, likewise
   */
  public record Score(String metric, double value, double validation) {}

  /**
   * One pass over the training sentences.
   *
   * @param epoch from 1
   * @param loss mean over its steps
   * @param validation the task metric after it
   * @param meanAbsDelta mean |Δ| over all anchored weights after it
   * @param seconds it took, without the validation; of an epoch that was interrupted, those of the
   *     work that was kept
   * @param tokens read in it, padding not counted; 0 in files of versions that did not count
   */
  public record Epoch(
      int epoch,
      double loss,
      double validation,
      double meanAbsDelta,
      double seconds,
      long tokens) {}

  /** Tokens a second of the whole training, padding not counted. */
  double tokensPerSecond() {
    double seconds = training.stream().mapToDouble(Epoch::seconds).sum();
    return seconds > 0 ? training.stream().mapToLong(Epoch::tokens).sum() / seconds : 0;
  }

  /**
   * One pruned checkpoint.
   *
   * @param dropRate fraction of delta entries dropped
   * @param method mask and rescale in a few words
   * @param recipe all that tells it from other methods, by key
   * @param q by which kept entries are divided, where tensors have no q of their own
   * @param qRange the smallest and the largest where tensors have a q of their own; else empty, as
   *     in files of versions that did not write it
   * @param searched every point tried, with its score; empty where nothing was searched
   * @param cost of finding q; of a q that serves several seeds, in each of their cells
   * @param seed of the mask
   * @param metric name of the metric
   * @param value on GLUE dev; NaN, in JSON the text {@code "NaN"} as the score of a point that was
   *     searched, where pruning has destroyed the model: an output is NaN or infinite
   * @param validation on the held-out tenth of train, likewise
   * @param lossWidth half of the 95 % interval of what {@code value} lies below the tuned model's,
   *     by a paired bootstrap of the texts of dev; null where there is no score and in files of
   *     versions that did not measure it
   * @param bytes of the sparse-delta file
   * @param denseBytes of the tuned model's file
   * @param file the sparse delta, relative to the output folder
   * @param seconds pruning, writing and scoring it took; 0 in files of versions that did not
   *     measure it
   */
  @Builder
  public record Cell(
      double dropRate,
      String method,
      Map<String, Object> recipe,
      double q,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Double> qRange,
      List<Point> searched,
      Cost cost,
      long seed,
      String metric,
      double value,
      double validation,
      @JsonInclude(JsonInclude.Include.NON_NULL) Double lossWidth,
      long bytes,
      long denseBytes,
      String file,
      double seconds) {
    /** Copies the lists. */
    public Cell {
      requireNonNull(method, recipe, searched, cost, metric, file);
      qRange = qRange == null ? List.of() : List.copyOf(qRange);
      searched = List.copyOf(searched);
    }
  }

  /**
   * What finding a q took.
   *
   * @param forwards texts through the network, forward
   * @param seconds in all
   */
  public record Cost(long forwards, double seconds) {
    /** That of a q that is known. */
    public static final Cost NOTHING = new Cost(0, 0);
  }

  /** As JSON text. */
  public String toJson() {
    try {
      return JSON.writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * From JSON text.
   *
   * @throws JsonProcessingException if it is not what {@link #toJson} writes
   */
  public static Results fromJson(String text) throws JsonProcessingException {
    return JSON.readValue(text, Results.class);
  }

  /**
   * From a file.
   *
   * @throws BadInputException if it is not what {@link #toJson} writes
   * @throws IOException if it cannot be read
   */
  public static Results read(Path file) throws IOException {
    return JsonFile.read(
        file,
        "the results of a darex run",
        () -> JSON.readValue(InputFile.text(file), Results.class));
  }
}
