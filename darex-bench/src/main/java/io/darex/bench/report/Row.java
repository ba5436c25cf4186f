package io.darex.bench.report;

import io.darex.bench.report.Results.Cell;
import io.darex.bench.report.Results.Cost;
import io.darex.prune.rescale.Point;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;

/**
 * The cells that differ only in their mask seed, as mean and spread.
 *
 * @param method mask and rescale in a few words
 * @param mask kind of the mask
 * @param rescale its name
 * @param seeds how many cells
 * @param value the metric on GLUE dev
 * @param validation the metric on the held-out tenth of train
 * @param q the same for all of them
 * @param bytes mean size of the sparse delta
 * @param denseBytes size of the tuned model
 * @param searched the q's tried for it
 * @param cost of finding q, for the first of them
 */
record Row(
    double dropRate,
    String method,
    String mask,
    String rescale,
    long seeds,
    Spread value,
    Spread validation,
    double q,
    double bytes,
    double denseBytes,
    List<Point> searched,
    Cost cost) {

  /** Mean and sample standard deviation (0 for a single value). */
  record Spread(double mean, double std) {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%.3f ± %.3f", mean, std);
    }
  }

  /** The spread of a number over some of these. */
  static <T> Spread spread(List<T> all, ToDoubleFunction<T> number) {
    SummaryStatistics statistics = new SummaryStatistics();
    all.forEach(one -> statistics.addValue(number.applyAsDouble(one)));
    return new Spread(statistics.getMean(), statistics.getStandardDeviation());
  }

  /** The rows of a run, in the order its cells were made. */
  static List<Row> of(List<Cell> cells) {
    Map<String, List<Cell>> groups = new LinkedHashMap<>();
    for (Cell cell : cells) {
      String key = cell.dropRate() + " " + cell.method();
      groups.computeIfAbsent(key, unused -> new ArrayList<>()).add(cell);
    }
    return groups.values().stream().map(Row::row).toList();
  }

  private static Row row(List<Cell> cells) {
    Cell first = cells.get(0);
    return new Row(
        first.dropRate(),
        first.method(),
        ((Map<?, ?>) first.recipe().get("mask")).get("kind").toString(),
        ((Map<?, ?>) first.recipe().get("rescale")).get("name").toString(),
        cells.size(),
        spread(cells, Cell::value),
        spread(cells, Cell::validation),
        first.q(),
        spread(cells, Cell::bytes).mean(),
        first.denseBytes(),
        first.searched(),
        first.cost());
  }
}
