package io.darex.bench.report;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.darex.bench.chart.Axis;
import io.darex.bench.chart.Series;
import io.darex.bench.chart.Series.Point;
import io.darex.bench.chart.Series.Style;
import io.darex.bench.console.JsonFile;
import io.darex.bench.report.Block.Picture;
import io.darex.prune.file.InputFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code DeltaListener} wrote during a training, and its pictures.
 *
 * @param lines by iteration, at least one
 */
record TrainingLines(List<Line> lines) {
  /** Beside the report. */
  static final String FILE = "training.jsonl";

  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  /** Points of a line at most; beyond that neighbours are drawn as their mean. */
  private static final int POINTS = 150;

  private static final Pattern LAYER = Pattern.compile("(?:^|\\.)layers?\\.(\\d+)(?:\\.|$)");

  /** A line of the file, as far as it is drawn. */
  record Line(int iteration, double loss, double s, double pull, Map<String, Layer> layers) {}

  /** The deltas of a layer. */
  record Layer(long count, double meanAbs, double zeroShare) {}

  /**
   * From the file.
   *
   * @throws io.darex.bench.console.BadInputException if a line is none
   */
  static TrainingLines read(Path file) throws IOException {
    // By iteration: a training that went on after a crash has reported some of them twice.
    Map<Integer, Line> lines = new TreeMap<>();
    String text = InputFile.text(file);
    JsonFile.read(
            file,
            "lines of a darex training",
            () -> JSON.readerFor(Line.class).<Line>readValues(text).readAll())
        .stream()
        .filter(Objects::nonNull)
        .forEach(line -> lines.put(line.iteration(), line));
    lines.values().removeIf(line -> line.layers() == null || line.layers().containsValue(null));
    return new TrainingLines(List.copyOf(lines.values()));
  }

  /** Loss, s and pull, and the deltas of each layer. */
  List<Picture> pictures(boolean pulls) {
    List<Picture> pictures = new ArrayList<>();
    if (lines.isEmpty()) {
      return pictures;
    }
    add(pictures, "loss", "Loss during training.", "loss", false, one("", Line::loss));
    if (pulls) {
      Map<String, ToDoubleFunction<Line>> both = one("pull", Line::pull);
      both.put("s", Line::s);
      add(pictures, "pull", "AdamR's s and effective pull, min(1, λη/s).", "s, pull", true, both);
    }
    add(
        pictures,
        "delta",
        "Mean |Δ| of each layer: how far its weights are from the pre-trained ones.",
        "mean |Δ|",
        false,
        layers(Layer::meanAbs));
    add(
        pictures,
        "zeros",
        "Share of each layer's weights that have not changed at all.",
        "share of exact zeros",
        false,
        layers(Layer::zeroShare));
    return pictures;
  }

  private static Map<String, ToDoubleFunction<Line>> one(
      String name, ToDoubleFunction<Line> value) {
    return new LinkedHashMap<>(Map.of(name, value));
  }

  /** A function for each layer of the network, over the tensors of it. */
  private Map<String, ToDoubleFunction<Line>> layers(ToDoubleFunction<Layer> value) {
    Map<String, List<String>> parts = new TreeMap<>();
    for (String name : lines.get(0).layers().keySet()) {
      parts.computeIfAbsent(part(name), any -> new ArrayList<>()).add(name);
    }
    Map<String, ToDoubleFunction<Line>> functions = new LinkedHashMap<>();
    parts.forEach(
        (part, names) ->
            functions.put(
                part.replaceAll(" +", " "),
                line -> {
                  double sum = 0;
                  long count = 0;
                  for (String name : names) {
                    Layer layer = line.layers().get(name);
                    sum += layer == null ? 0 : layer.count() * value.applyAsDouble(layer);
                    count += layer == null ? 0 : layer.count();
                  }
                  return sum / count;
                }));
    return functions;
  }

  /** {@code layer 3}, {@code embeddings} or the last word of a name. */
  private static String part(String name) {
    Matcher layer = LAYER.matcher(name);
    if (layer.find()) {
      // Two places, to be in the order of their numbers.
      return String.format(Locale.ROOT, "layer %2s", layer.group(1));
    }
    return name.contains("embeddings")
        ? "embeddings"
        : name.replaceFirst("^.*?([^.]*(\\.dense)?)$", "$1");
  }

  private void add(
      List<Picture> pictures,
      String name,
      String caption,
      String title,
      boolean log,
      Map<String, ToDoubleFunction<Line>> functions) {
    List<Series> series = new ArrayList<>();
    functions.forEach(
        (of, value) ->
            series.add(new Series(of, Style.TREND, series.size(), points(of, value, log))));
    List<Point> all = series.stream().flatMap(each -> each.points().stream()).toList();
    List<Double> values = all.stream().map(Point::y).toList();
    if (values.isEmpty()) {
      return;
    }
    Axis steps = Axis.linear("step", all.stream().map(Point::x).toList());
    pictures.add(
        Charts.picture(
            "training-" + name,
            caption,
            chart ->
                chart
                    .description("From left to right the steps of the training.")
                    .x(steps)
                    .y(log ? Axis.log(title, values) : Axis.linear(title, values))
                    .series(series)
                    .labelled(series.size() > 1)
                    .build()));
  }

  private List<Point> points(String name, ToDoubleFunction<Line> value, boolean log) {
    int together = (lines.size() + POINTS - 1) / POINTS;
    List<Point> points = new ArrayList<>();
    for (int from = 0; from < lines.size(); from += together) {
      List<Line> some = lines.subList(from, Math.min(lines.size(), from + together));
      double mean = some.stream().mapToDouble(value).average().orElseThrow();
      // A rate of 0, at the first step of a warm-up, has no place on a logarithmic axis.
      if (Double.isFinite(mean) && (!log || mean > 0)) {
        points.add(new Point(some.get(some.size() - 1).iteration(), mean, name));
      }
    }
    return points;
  }
}
