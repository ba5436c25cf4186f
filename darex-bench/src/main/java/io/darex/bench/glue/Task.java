package io.darex.bench.glue;

import io.darex.bench.BadInputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A classification task.
 *
 * @param name how configurations, the command line and reports name it
 * @param labels the names of the labels, in index order
 * @param metric what it is scored by
 * @param source where its examples come from
 */
public record Task(String name, List<String> labels, Metric metric, Source source) {
  private static final List<String> ACCEPTABILITY = List.of("unacceptable", "acceptable");
  private static final List<String> SENTIMENT = List.of("negative", "positive");
  private static final List<String> ENTAILMENT = List.of("entailment", "not_entailment");
  private static final List<String> DIGITS = List.of("0", "1");

  /** Every task there is; the only place that names them. */
  public static final List<Task> ALL =
      List.of(
          new Task(
              "cola",
              ACCEPTABILITY,
              Metric.MATTHEWS,
              GlueFiles.withoutHeader("CoLA", 4).text(3).label(1, DIGITS)),
          new Task(
              "sst-2",
              SENTIMENT,
              Metric.ACCURACY,
              GlueFiles.withHeader("SST-2").text(0).label(1, DIGITS)),
          new Task(
              "rte",
              ENTAILMENT,
              Metric.ACCURACY,
              GlueFiles.withHeader("RTE").texts(1, 2).label(3, ENTAILMENT)),
          new Task("agreement", ACCEPTABILITY, Metric.MATTHEWS, Agreement.DEFAULT));

  /** Copies the labels. */
  public Task {
    labels = List.copyOf(labels);
  }

  /**
   * The task of that name; case, {@code -} and {@code _} do not matter, because GLUE's folders
   * write SST-2 and Hugging Face writes sst2.
   *
   * @throws BadInputException if there is none
   */
  public static Task named(String name) {
    return ALL.stream()
        .filter(task -> bare(task.name).equals(bare(name)))
        .findFirst()
        .orElseThrow(
            () ->
                new BadInputException(
                    "task: expected one of "
                        + String.join(", ", names())
                        + ", came "
                        + BadInputException.quote(name)));
  }

  /** The names of all tasks. */
  public static List<String> names() {
    return ALL.stream().map(Task::name).collect(Collectors.toUnmodifiableList());
  }

  /** Whether {@link #load} needs the GLUE folder. */
  public boolean needsGlue() {
    return source.needsGlue();
  }

  /**
   * Reads the examples and holds a tenth of train out for validation.
   *
   * @param glue the folder that holds {@code CoLA}, {@code SST-2} and so on, where one was named
   * @param seed of the split
   * @throws BadInputException if the folder is needed and not given, or a file in it is missing or
   *     malformed
   */
  public TaskData load(Optional<Path> glue, long seed) {
    return TaskData.split(source.train(glue), source.dev(glue), seed);
  }

  private static String bare(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[-_]", "");
  }
}
