package io.darex.bench.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.darex.bench.report.Results.Cell;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * What one candidate of a sweep came to: a line of its journal.
 *
 * @param candidate its number, from 0
 * @param values of the parameters, by name, in the order of the configuration
 * @param scores by name, all of validation or of none: {@link #PRUNED}, {@link #TUNED}, {@link
 *     #BYTES} and, where it was trained here, {@link #DELTA}; means over the cells and fine-tunes
 * @param dev the metric on the test split by {@link #PRUNED} and {@link #TUNED}; only reported
 * @param finetunes digests of its fine-tunes; equal ones are the same checkpoint
 * @param failed why there are no scores; null where there are
 * @param seconds it took; of those that share a fine-tune the first also trains it
 * @param elapsed seconds of work on the whole sweep when it was finished, pauses left out
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record CandidateResult(
    int candidate,
    Map<String, JsonNode> values,
    Map<String, Double> scores,
    Map<String, Double> dev,
    List<String> finetunes,
    String failed,
    double seconds,
    double elapsed) {
  /** The metric of the pruned checkpoints. */
  public static final String PRUNED = "pruned";

  /** The metric of the tuned checkpoint. */
  public static final String TUNED = "tuned";

  /** Size of the sparse delta. */
  public static final String BYTES = "bytes";

  /** Mean |Δ| of the tuned checkpoint. */
  public static final String DELTA = "meanAbsDelta";

  /** Copies the collections; absent ones are empty. */
  public CandidateResult {
    values = values == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(values));
    scores = scores == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(scores));
    dev = dev == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(dev));
    finetunes = finetunes == null ? List.of() : List.copyOf(finetunes);
  }

  /**
   * What comes out of a file.
   *
   * @throws IllegalArgumentException if it is none that {@link #done} or {@link #failed} makes
   */
  public CandidateResult requireWhole() {
    boolean scored = has(scores, PRUNED, TUNED, BYTES) && has(dev, PRUNED, TUNED);
    if (candidate < 0
        || values.values().stream().anyMatch(Objects::isNull)
        || (isDone() && !scored)) {
      throw new IllegalArgumentException("no trial of a sweep: candidate " + candidate);
    }
    return this;
  }

  private static boolean has(Map<String, Double> scores, String... names) {
    return Stream.of(names)
        .map(scores::get)
        .allMatch(score -> score != null && Double.isFinite(score));
  }

  /**
   * A candidate whose runs ended; failed where a pruned model has no score.
   *
   * @param results one for each fine-tune, at least one, with cells
   */
  public static CandidateResult done(
      int candidate, Map<String, JsonNode> values, List<Results> results) {
    List<Cell> cells = results.stream().flatMap(each -> each.cells().stream()).toList();
    Map<String, Double> scores = new TreeMap<>();
    double pruned = mean(cells, Cell::validation);
    double prunedOnDev = mean(cells, Cell::value);
    if (Double.isNaN(pruned) || Double.isNaN(prunedOnDev)) {
      return failed(candidate, values, "outputs of a pruned model are NaN or infinite");
    }
    scores.put(PRUNED, pruned);
    scores.put(TUNED, mean(results, each -> each.tuned().validation()));
    scores.put(BYTES, mean(cells, Cell::bytes));
    if (results.stream().noneMatch(each -> each.training().isEmpty())) {
      scores.put(DELTA, mean(results, CandidateResult::delta));
    }
    Map<String, Double> dev =
        Map.of(PRUNED, prunedOnDev, TUNED, mean(results, each -> each.tuned().value()));
    List<String> finetunes = results.stream().map(Results::job).toList();
    return new CandidateResult(candidate, values, scores, dev, finetunes, null, 0, 0);
  }

  /** A candidate that came to nothing. */
  public static CandidateResult failed(int candidate, Map<String, JsonNode> values, String reason) {
    return new CandidateResult(candidate, values, Map.of(), Map.of(), List.of(), reason, 0, 0);
  }

  /** The same with its times. */
  public CandidateResult timed(double taken, double sinceStart) {
    return new CandidateResult(
        candidate, values, scores, dev, finetunes, failed, taken, sinceStart);
  }

  /** What it has of a parameter, in words. */
  String text(String parameter) {
    return text(values.get(parameter));
  }

  /** A value in words. */
  public static String text(JsonNode value) {
    return value.isValueNode() ? value.asText() : value.toString();
  }

  /** Whether it has scores. */
  @JsonIgnore
  public boolean isDone() {
    return failed == null;
  }

  /** Of the epoch that became the tuned checkpoint. */
  private static double delta(Results results) {
    return results.training().stream()
        .filter(epoch -> epoch.validation() == results.tuned().validation())
        .findFirst()
        .orElse(results.training().get(results.training().size() - 1))
        .meanAbsDelta();
  }

  private static <T> double mean(List<T> all, ToDoubleFunction<T> number) {
    return Row.spread(all, number).mean();
  }
}
