package io.darex.bench.task;

import io.darex.bench.console.BadInputException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A task: classification into labels, or regression.
 *
 * @param name how configurations, the command line and reports name it
 * @param labels the names of the labels, in index order; empty for a regression
 * @param written the labels as its files write them
 * @param scoring what it is scored by
 * @param source where its examples come from
 * @param submission the name of its file in a GLUE submission, where it has one
 */
public record Task(
    String name,
    List<String> labels,
    LabelSet written,
    Scoring scoring,
    Source source,
    Optional<String> submission) {
  private static final LabelSet DIGITS = LabelSet.of(List.of("0", "1"));
  private static final Scoring ACCURACY = Scoring.by(Metric.ACCURACY);
  private static final Scoring MATTHEWS = Scoring.by(Metric.MATTHEWS);
  private static final Scoring PARAPHRASE = Scoring.by(Metric.ACCURACY, Metric.F1);
  private static final List<String> ACCEPTABILITY = List.of("unacceptable", "acceptable");
  private static final List<String> ENTAILMENT = List.of("entailment", "not_entailment");

  /** Every task there is; the only place that names them. */
  public static final List<Task> ALL =
      List.of(
          glue(
              ACCEPTABILITY,
              MATTHEWS,
              GlueFiles.single("CoLA", new TsvLines(false, 4, false), 3, 1, DIGITS)),
          glue(
              List.of("negative", "positive"),
              ACCURACY,
              GlueFiles.single("SST-2", GlueFiles.withHeader(), 0, 1, DIGITS)),
          glue(
              List.of("not_equivalent", "equivalent"),
              PARAPHRASE,
              GlueFiles.pair("MRPC", 3, 0, DIGITS)),
          glue(
              List.of(),
              Scoring.by(Metric.PEARSON, Metric.SPEARMAN),
              GlueFiles.pair("STS-B", 7, -1, LabelSet.scores(0, 5))),
          glue(
              List.of("not_duplicate", "duplicate"),
              PARAPHRASE,
              GlueFiles.pair("QQP", 3, 5, DIGITS)
                  .testTexts(1)
                  .lenient()
                  .hub("question1", "question2")),
          glue(
              List.of("entailment", "neutral", "contradiction"),
              ACCURACY,
              GlueFiles.pair(
                      "MNLI", 8, -1, LabelSet.of(List.of("entailment", "neutral", "contradiction")))
                  .sets("_matched", "_mismatched")
                  .hub("premise", "hypothesis")),
          glue(
              ENTAILMENT,
              ACCURACY,
              GlueFiles.pair("QNLI", 1, 3, LabelSet.of(ENTAILMENT)).hub("question", "sentence")),
          glue(ENTAILMENT, ACCURACY, GlueFiles.pair("RTE", 1, 3, LabelSet.of(ENTAILMENT))),
          glue(
              List.of("not_entailment", "entailment"),
              ACCURACY,
              GlueFiles.pair("WNLI", 1, 3, DIGITS)),
          new Task(
              "agreement",
              ACCEPTABILITY,
              LabelSet.of(ACCEPTABILITY),
              MATTHEWS,
              Agreement.DEFAULT,
              Optional.empty()));

  /**
   * Copies the labels.
   *
   * @throws IllegalArgumentException if names and written labels, or metrics and labels, do not go
   *     together
   */
  public Task {
    labels = List.copyOf(labels);
    if (labels.size() == 1 || labels.size() != written.words().size()) {
      throw new IllegalArgumentException(
          "need as many names as written labels, none or at least 2: "
              + labels
              + ", "
              + written.words());
    }
    scoring.requireFits(labels.size());
  }

  private static Task glue(List<String> labels, Scoring scoring, GlueFiles files) {
    String folder = files.folder();
    String name = folder.toLowerCase(Locale.ROOT);
    return new Task(name, labels, files.labelled().labels(), scoring, files, Optional.of(folder));
  }

  /**
   * The task of that name, if there is one; case, {@code -} and {@code _} do not matter, because
   * GLUE's folders write SST-2 and Hugging Face writes sst2.
   */
  public static Optional<Task> find(String name) {
    return ALL.stream().filter(task -> bare(task.name).equals(bare(name))).findFirst();
  }

  /**
   * The task of that name, as {@link #find} has it.
   *
   * @throws java.util.NoSuchElementException if there is none
   */
  public static Task named(String name) {
    return find(name).orElseThrow();
  }

  /** The names of all tasks. */
  public static List<String> names() {
    return ALL.stream().map(Task::name).collect(Collectors.toUnmodifiableList());
  }

  /** Whether its answers are scores. */
  public boolean regression() {
    return labels.isEmpty();
  }

  /** What a checkpoint's head calls its outputs: the labels, or a score as transformers does. */
  public List<String> outputs() {
    return regression() ? List.of("LABEL_0") : labels;
  }

  /** Whether {@link #load} needs the GLUE folder. */
  public boolean needsGlue() {
    return source.needsGlue();
  }

  /**
   * Reads the examples and holds a tenth of train out for validation. Where there are several dev
   * sets the first is taken.
   *
   * @param seed of the split
   * @throws BadInputException if the folder is needed and not given, or a file in it is missing or
   *     malformed
   */
  public TaskData load(DataFolder folder, long seed) {
    return TaskData.split(
        source.parts(Partition.TRAIN, folder).get(0).examples(),
        source.parts(Partition.DEV, folder).get(0).examples(),
        seed);
  }

  private static String bare(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[-_]", "");
  }
}
