package io.darex.bench.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A column of a sweep as an axis of a picture: a parameter or a score.
 *
 * @param name of it
 * @param log whether equal ratios are equally far apart
 * @param values by place in the list of trials, as positions on the axis; categories are counted
 *     from 0
 * @param categories what the positions are called, where they are no numbers; else empty
 */
record Dimension(String name, boolean log, List<Double> values, List<String> categories) {
  /** A parameter; as categories where one of its values is no number. */
  static Dimension ofParameter(SweepReport.Parameter parameter, List<CandidateResult> trials) {
    String name = parameter.name();
    List<JsonNode> nodes = trials.stream().map(trial -> trial.values().get(name)).toList();
    if (nodes.stream().allMatch(JsonNode::isNumber)) {
      List<Double> numbers = nodes.stream().map(JsonNode::doubleValue).toList();
      boolean spread = parameter.log() || isGeometric(numbers);
      return new Dimension(name, spread, numbers, List.of());
    }
    List<String> words = trials.stream().map(trial -> trial.text(name)).toList();
    List<String> categories = words.stream().distinct().sorted().toList();
    return new Dimension(
        name,
        false,
        words.stream().map(word -> (double) categories.indexOf(word)).toList(),
        categories);
  }

  /** A score. */
  static Dimension ofScore(String score, List<CandidateResult> trials) {
    List<Double> values = trials.stream().map(trial -> trial.scores().get(score)).toList();
    boolean log = !Goal.largerIsBetter(score) && isGeometric(values);
    return new Dimension(score, log, values, List.of());
  }

  /** Whether values over two decades and more would crowd at one end of a linear axis. */
  private static boolean isGeometric(List<Double> values) {
    double least = values.stream().mapToDouble(Double::doubleValue).min().orElse(0);
    double greatest = values.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    return least > 0 && greatest / least >= 100;
  }

  /** Where a value lies between the least, 0, and the greatest, 1; ½ where they are equal. */
  double place(double value) {
    double least = along(least());
    double greatest = along(greatest());
    return least == greatest ? 0.5 : (along(value) - least) / (greatest - least);
  }

  double least() {
    return values.stream().mapToDouble(Double::doubleValue).min().orElse(0);
  }

  double greatest() {
    return values.stream().mapToDouble(Double::doubleValue).max().orElse(0);
  }

  private double along(double value) {
    return log ? Math.log(value) : value;
  }

  /** The ticks of an axis with what they are called: ends and middle, or every category. */
  List<Map.Entry<Double, String>> ticks() {
    List<Map.Entry<Double, String>> ticks = new ArrayList<>();
    if (!categories.isEmpty()) {
      for (int i = 0; i < categories.size(); i++) {
        ticks.add(Map.entry((double) i, categories.get(i)));
      }
      return ticks;
    }
    double least = least();
    double greatest = greatest();
    double middle = log ? Math.sqrt(least * greatest) : (least + greatest) / 2;
    for (double tick : least == greatest ? List.of(least) : List.of(least, middle, greatest)) {
      ticks.add(Map.entry(tick, digits(tick)));
    }
    return ticks;
  }

  /** Three significant digits. */
  static String digits(double value) {
    if (value == 0) {
      return "0";
    }
    double size = Math.abs(value);
    if (size >= 1e-3 && size < 1e6) {
      String text = String.format(Locale.ROOT, size >= 100 ? "%.0f" : "%.4g", value);
      return text.contains(".") ? text.replaceFirst("\\.?0+$", "") : text;
    }
    return String.format(Locale.ROOT, "%.2e", value);
  }
}
