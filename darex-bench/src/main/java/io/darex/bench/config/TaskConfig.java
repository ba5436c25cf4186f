package io.darex.bench.config;

import io.darex.bench.console.BadInputException;
import io.darex.bench.task.Column;
import io.darex.bench.task.FileFormat;
import io.darex.bench.task.LabelSet;
import io.darex.bench.task.Metric;
import io.darex.bench.task.OwnFiles;
import io.darex.bench.task.Partition;
import io.darex.bench.task.Scoring;
import io.darex.bench.task.Task;
import io.darex.prune.parameter.Range;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The {@code task} of a configuration: a name, or a mapping that describes a user's own files.
 *
 * <pre>{@code
 * task:
 *   train: reviews-train.tsv      # beside this YAML file, unless absolute
 *   dev: reviews-dev.tsv
 *   test: reviews-test.tsv        # optional
 *   format: tsv                   # or jsonl or parquet; otherwise as the files' names end
 *   header: true                  # tsv only
 *   text: sentence                # a column's name, or its number from 0
 *   second: other                 # of a pair
 *   label: stars
 *   index: id                     # optional
 *   labels: [bad, good]           # as the files write them; or scores: [0, 5]
 *   metric: [accuracy, f1]        # the mean of several is what models are compared by
 * }</pre>
 */
public final class TaskConfig {
  private static final Range ANY = new Range("a finite number", Double::isFinite);

  private TaskConfig() {}

  /**
   * The task that an argument names: one of {@link Task#names} in any spelling, or a YAML file that
   * is such a mapping or has one, or a name, under the key {@code task}.
   *
   * @throws io.darex.bench.console.BadInputException if there is no such task or the file is at
   *     fault
   */
  public static Task of(String argument) {
    Optional<Path> file = file(argument);
    if (file.isEmpty()) {
      return Task.find(argument)
          .orElseThrow(() -> new BadInputException(Names.unknown("task", argument, Task.names())));
    }
    Section top = Section.read(file.get());
    return top.has("task") ? from(top) : own(top);
  }

  /** The YAML file that an argument names, where it is no task's name. */
  public static Optional<Path> file(String argument) {
    boolean file = argument.endsWith(".yml") || argument.endsWith(".yaml");
    return file || Files.isRegularFile(Path.of(argument))
        ? Optional.of(Path.of(argument))
        : Optional.empty();
  }

  /** What stands under the key {@code task}. */
  static Task from(Section top) {
    return top.isMapping("task")
        ? own(top.section("task"))
        : Task.named(top.name("task", null, Task.names()));
  }

  private static Task own(Section section) {
    Map<Partition, Path> files = new EnumMap<>(Partition.class);
    for (Partition partition : Partition.values()) {
      if (section.has(partition.word())) {
        Path beside = section.file().toAbsolutePath().getParent();
        files.put(partition, beside.resolve(section.text(partition.word(), null)));
      }
    }
    if (files.isEmpty()) {
      throw section.bad("dev", "a file under train, dev or test");
    }
    List<FileFormat> formats = files.values().stream().map(FileFormat::of).distinct().toList();
    FileFormat usual = formats.size() == 1 ? formats.get(0) : FileFormat.TSV;
    FileFormat format = section.constant("format", usual);
    boolean byName = format.namesColumns();
    if (byName && section.has("header")) {
      throw section.bad("header", "no header with " + format + ", which names its columns anyway");
    }
    boolean header = !byName && section.flag("header", true);
    boolean named = byName || header;
    LabelSet labels = labels(section);
    OwnFiles source =
        new OwnFiles(
            files,
            format,
            header,
            column(section, "text", byName, named),
            section.has("second")
                ? Optional.of(column(section, "second", byName, named))
                : Optional.empty(),
            column(section, "label", byName, named),
            section.has("index")
                ? Optional.of(column(section, "index", byName, named))
                : Optional.empty(),
            labels);
    Scoring scoring = scoring(section, labels.words().size());
    String name = section.text("name", RunConfig.nameOf(section.file()));
    section.end();
    return new Task(name, labels.words(), labels, scoring, source, Optional.empty());
  }

  private static LabelSet labels(Section section) {
    if (section.has("labels") == section.has("scores")) {
      throw section.bad("labels", "either labels: [NAME, NAME, …] or scores: [LEAST, GREATEST]");
    }
    if (section.has("labels")) {
      List<String> words = section.texts("labels");
      if (words.size() < 2) {
        throw section.bad("labels", "at least two labels");
      }
      return LabelSet.of(words);
    }
    List<Double> ends = section.numbers("scores", List.of(), ANY);
    if (ends.size() != 2 || ends.get(0) >= ends.get(1)) {
      throw section.bad("scores", "the least and the greatest score");
    }
    return LabelSet.scores(ends.get(0), ends.get(1));
  }

  private static Scoring scoring(Section section, int labels) {
    List<String> fallback = List.of(labels == 0 ? "pearson" : "accuracy");
    List<Metric> metrics =
        section.names("metric", fallback, Metric.names()).stream().map(Metric::named).toList();
    Scoring scoring = new Scoring(metrics);
    try {
      scoring.requireFits(labels);
    } catch (IllegalArgumentException e) {
      throw section.bad("metric", "metrics of this task (" + e.getMessage() + ")");
    }
    return scoring;
  }

  private static Column column(Section section, String key, boolean byName, boolean named) {
    String column = section.text(key, null);
    boolean number = column.matches("\\d{1,6}");
    if (byName || !number) {
      if (!named) {
        throw section.bad(key, "the number of a column, from 0, in a file without header");
      }
      return Column.named(column);
    }
    return Column.at(Integer.parseInt(column));
  }
}
