package io.darex.bench.report;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.darex.bench.console.Size;
import io.darex.bench.report.Results.Cell;
import io.darex.bench.report.Results.Cost;
import io.darex.prune.rescale.Point;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import lombok.Builder;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;

/**
 * The cells that differ only in their mask seed, as mean and spread.
 *
 * @param dropRate mean fraction of delta entries dropped, as the mask counts them
 * @param target what the recipe asks for in words: {@code drop rate 0.9}, or a size
 * @param sized whether that is a size, from which the drop rate follows
 * @param key what tells it from the other rows of a run
 * @param method mask and rescale in a few words
 * @param mask kind of the mask
 * @param rescale its name
 * @param budget how the drop rate is spread over tensors; empty in files of versions without any
 * @param seeds how many cells
 * @param value the metric on GLUE dev
 * @param validation the metric on the held-out tenth of train
 * @param width mean half of the 95 % interval of the loss over the texts of dev; NaN where it was
 *     not measured
 * @param q by which kept entries are divided, of the first of them; where tensors have their own,
 *     that of the others
 * @param qRange the smallest and the largest where there are several, of tensors or of seeds; else
 *     empty
 * @param bytes mean size of the sparse delta
 * @param denseBytes size of the tuned model
 * @param searched the q's tried for it
 * @param cost of finding q, for the first of them
 * @param files the sparse deltas, relative to the output folder
 */
@Builder
record Row(
    double dropRate,
    String target,
    boolean sized,
    String key,
    String method,
    String mask,
    String rescale,
    String budget,
    long seeds,
    Spread value,
    Spread validation,
    double width,
    double q,
    List<Double> qRange,
    double bytes,
    double denseBytes,
    List<Point> searched,
    Cost cost,
    List<String> files) {

  /** Of a drop rate that someone wrote. */
  private static final int LONGEST = 7;

  /** The key of a recipe that asks for a size. */
  private static final String BYTES = "bytes";

  private static final JsonMapper JSON = new JsonMapper();

  /**
   * Mean and sample standard deviation.
   *
   * @param std 0 for a single value, which has none
   * @param count of values
   */
  record Spread(double mean, double std, long count) {
    /** With the deviation where there is one; in words where a model has no score. */
    @Override
    public String toString() {
      return form("%.3f", "%.3f");
    }

    String form(String meanFormat, String stdFormat) {
      if (Double.isNaN(mean)) {
        return "outputs not finite";
      }
      String text = String.format(Locale.ROOT, meanFormat, mean);
      return count < 2 ? text : text + " ± " + String.format(Locale.ROOT, stdFormat, std);
    }
  }

  /** The smallest and the largest of the q's of tensors in words. */
  static String words(List<Double> range) {
    return String.format(
        Locale.ROOT, "%.4g to %.4g", Collections.min(range), Collections.max(range));
  }

  /** The spread of a number over some of these. */
  static <T> Spread spread(List<T> all, ToDoubleFunction<T> number) {
    SummaryStatistics statistics = new SummaryStatistics();
    all.forEach(one -> statistics.addValue(number.applyAsDouble(one)));
    return new Spread(statistics.getMean(), statistics.getStandardDeviation(), statistics.getN());
  }

  /** By method, the largest files first; methods in the order in which they came. */
  static <T> List<T> bySize(List<T> rows, Function<T, String> method, ToDoubleFunction<T> bytes) {
    return rows.stream()
        .collect(Collectors.groupingBy(method, LinkedHashMap::new, Collectors.toList()))
        .values()
        .stream()
        .flatMap(own -> own.stream().sorted(Comparator.comparingDouble(bytes).reversed()))
        .toList();
  }

  /** The rows of a run, in the order its cells were made. */
  static List<Row> of(List<Cell> cells) {
    Map<String, List<Cell>> groups = new LinkedHashMap<>();
    cells.forEach(cell -> groups.computeIfAbsent(key(cell), k -> new ArrayList<>()).add(cell));
    return groups.values().stream().map(Row::row).toList();
  }

  /** By the recipe, not its name alone, which older versions gave to several. */
  private static String key(Cell cell) {
    // As text: a number that has been through a file may be of another type.
    return target(cell) + " " + cell.method() + " " + JSON.valueToTree(cell.recipe());
  }

  private static String target(Cell cell) {
    if (!sized(cell)) {
      return "drop rate " + cell.dropRate();
    }
    return cell.recipe().get(BYTES) instanceof Number size
        ? Size.text(size.longValue())
        : said(cell, BYTES);
  }

  private static boolean sized(Cell cell) {
    return cell.recipe().get(BYTES) != null;
  }

  /** A drop rate in words: one that follows from a size to three digits of what is kept. */
  static String dropRateWords(double rate) {
    String all = String.valueOf(rate);
    return all.length() <= LONGEST || !Double.isFinite(rate)
        ? all
        : BigDecimal.ONE
            .subtract(new BigDecimal(1 - rate).round(new MathContext(3)))
            .toPlainString();
  }

  /** What a recipe says of itself; empty where a file was tampered with. */
  private static String said(Cell cell, String key) {
    return String.valueOf(cell.recipe().getOrDefault(key, ""));
  }

  private static List<Double> range(List<Cell> cells) {
    List<Double> all = new ArrayList<>();
    cells.forEach(cell -> all.addAll(cell.qRange().isEmpty() ? List.of(cell.q()) : cell.qRange()));
    boolean one = cells.stream().allMatch(cell -> cell.qRange().isEmpty());
    return one && all.stream().distinct().count() == 1
        ? List.of()
        : List.of(Collections.min(all), Collections.max(all));
  }

  private static Row row(List<Cell> cells) {
    Cell first = cells.get(0);
    return Row.builder()
        .dropRate(spread(cells, Cell::dropRate).mean())
        .target(target(first))
        .sized(sized(first))
        .key(key(first))
        .method(first.method())
        .mask(said(first, "mask"))
        .rescale(said(first, "rescale"))
        .budget(said(first, "budget"))
        .seeds(cells.size())
        .value(spread(cells, Cell::value))
        .validation(spread(cells, Cell::validation))
        .width(
            spread(cells, cell -> cell.lossWidth() == null ? Double.NaN : cell.lossWidth()).mean())
        .q(first.q())
        .qRange(range(cells))
        .bytes(spread(cells, Cell::bytes).mean())
        .denseBytes((double) first.denseBytes())
        .searched(first.searched())
        .cost(first.cost())
        .files(cells.stream().map(Cell::file).toList())
        .build();
  }
}
