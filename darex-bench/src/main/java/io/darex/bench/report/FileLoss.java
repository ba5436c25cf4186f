package io.darex.bench.report;

import io.darex.bench.report.Row.Spread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;

/**
 * The files that one recipe made: how large they are and what they lose.
 *
 * @param method mask and rescale in a few words, without the size
 * @param bytes mean size of a file
 * @param denseBytes mean size of the tuned model
 * @param value the metric on dev; NaN where an output is not finite
 * @param loss the metric of the unpruned model minus {@code value}, on dev, likewise
 * @param width half of the 95 % interval of the loss of one fine-tune over the texts of dev; NaN
 *     where it was not measured
 * @param files their names, relative to the report
 */
record FileLoss(
    String method,
    double bytes,
    double denseBytes,
    Spread value,
    Spread loss,
    double width,
    List<String> files) {
  /** Copies the list. */
  FileLoss {
    files = List.copyOf(files);
  }

  /** Of one fine-tune: mean and spread over mask seeds. */
  static List<FileLoss> of(Results results) {
    return Row.of(results.cells()).stream()
        .map(
            row ->
                new FileLoss(
                    row.method(),
                    row.bytes(),
                    row.denseBytes(),
                    row.value(),
                    new Spread(
                        results.tuned().value() - row.value().mean(),
                        row.value().std(),
                        row.value().count()),
                    row.width(),
                    row.files()))
        .toList();
  }

  /**
   * Of several fine-tunes: each is taken as its mean over mask seeds, its loss is against its own
   * unpruned model, and mean and spread are over the fine-tunes.
   *
   * @param folders of the fine-tunes, by seed, relative to the report
   */
  static List<FileLoss> of(SortedMap<Long, Results> bySeed, Map<Long, String> folders) {
    Map<String, List<FileLoss>> groups = new LinkedHashMap<>();
    bySeed.forEach(
        (seed, results) -> {
          List<Row> rows = Row.of(results.cells());
          List<FileLoss> own = of(results);
          for (int i = 0; i < rows.size(); i++) {
            groups
                .computeIfAbsent(rows.get(i).key(), unused -> new ArrayList<>())
                .add(own.get(i).in(folders.get(seed)));
          }
        });
    return groups.values().stream().map(FileLoss::together).toList();
  }

  private FileLoss in(String folder) {
    return new FileLoss(
        method,
        bytes,
        denseBytes,
        value,
        loss,
        width,
        files.stream().map(file -> folder + "/" + file).toList());
  }

  private static FileLoss together(List<FileLoss> finetunes) {
    return new FileLoss(
        finetunes.get(0).method(),
        Row.spread(finetunes, FileLoss::bytes).mean(),
        Row.spread(finetunes, FileLoss::denseBytes).mean(),
        Row.spread(finetunes, each -> each.value().mean()),
        Row.spread(finetunes, each -> each.loss().mean()),
        finetunes.size() == 1 ? finetunes.get(0).width() : Double.NaN,
        finetunes.stream().flatMap(each -> each.files().stream()).toList());
  }

  /** Whether the models made of it have a score. */
  boolean isScored() {
    return Double.isFinite(loss.mean()) && bytes > 0;
  }

  /**
   * How uncertain the loss is: one standard deviation where there are several, of seeds or
   * fine-tunes; else half of the interval over the texts, where it was measured.
   */
  OptionalDouble interval() {
    if (loss.count() > 1) {
      return OptionalDouble.of(loss.std());
    }
    return Double.isFinite(width) ? OptionalDouble.of(width) : OptionalDouble.empty();
  }
}
