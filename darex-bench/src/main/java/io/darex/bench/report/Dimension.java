package io.darex.bench.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.darex.bench.chart.Axis;
import io.darex.bench.chart.Axis.Kind;
import io.darex.bench.chart.Axis.Tick;
import java.util.List;

/**
 * A column of a sweep: a parameter or a score.
 *
 * @param name of it
 * @param values by place in the list of trials, as positions on the axis; categories are counted
 *     from 0
 * @param axis on which they stand
 */
record Dimension(String name, List<Double> values, Axis axis) {
  /** A parameter; as categories where one of its values is no number. */
  static Dimension ofParameter(SweepReport.Parameter parameter, List<CandidateResult> trials) {
    String name = parameter.name();
    List<JsonNode> nodes = trials.stream().map(trial -> trial.values().get(name)).toList();
    if (nodes.stream().allMatch(node -> node.isNumber() && Double.isFinite(node.doubleValue()))) {
      List<Double> numbers = nodes.stream().map(JsonNode::doubleValue).toList();
      boolean log = isPositive(numbers) && (parameter.log() || isGeometric(numbers));
      return new Dimension(name, numbers, axis(name, log, numbers));
    }
    List<String> words = trials.stream().map(trial -> trial.text(name)).toList();
    List<String> categories = words.stream().distinct().sorted().toList();
    List<Double> places = words.stream().map(word -> (double) categories.indexOf(word)).toList();
    return new Dimension(name, places, Axis.names(name, categories));
  }

  /** A score; sizes with their units. */
  static Dimension ofScore(String score, List<CandidateResult> trials) {
    List<Double> values = trials.stream().map(trial -> trial.scores().get(score)).toList();
    boolean log = !Goal.largerIsBetter(score) && isPositive(values) && isGeometric(values);
    Axis axis = axis(title(score), log, values);
    boolean size = score.equals(CandidateResult.BYTES);
    return new Dimension(score, values, size ? axis.withWords(Charts::size) : axis);
  }

  private static String title(String score) {
    return switch (score) {
      case CandidateResult.PRUNED -> "metric of the pruned, validation";
      case CandidateResult.TUNED -> "metric of the tuned, validation";
      case CandidateResult.BYTES -> "size of the file";
      default -> "mean |Δ|";
    };
  }

  private static Axis axis(String name, boolean log, List<Double> values) {
    return log ? Axis.log(name, values) : Axis.linear(name, values);
  }

  private static boolean isPositive(List<Double> values) {
    return values.stream().allMatch(value -> value > 0);
  }

  /** Whether values over a decade and more would crowd at one end of a linear axis. */
  private static boolean isGeometric(List<Double> values) {
    double least = values.stream().mapToDouble(Double::doubleValue).min().orElse(0);
    double greatest = values.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    return greatest / least >= 10;
  }

  /** Whether its positions are those of names. */
  boolean isNames() {
    return axis.kind() == Kind.NAMES;
  }

  /** What the positions are called, where they are no numbers; else none. */
  List<String> categories() {
    return isNames() ? axis.ticks().stream().map(Tick::words).toList() : List.of();
  }
}
