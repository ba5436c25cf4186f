package io.darex.bench.task;

import io.darex.bench.console.BadInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The {@code train.tsv}, {@code dev.tsv} and {@code test.tsv} of one task in the official GLUE
 * layout. Columns count from 0, as in the usual descriptions of the download.
 *
 * @param folder its folder below the GLUE folder
 * @param suffixes of the names of the dev and test files; several where there are several sets
 * @param labelled the layout of train and dev
 * @param test the layout of test, which has an index for a label
 */
record GlueFiles(String folder, List<String> suffixes, Table labelled, Table test)
    implements Source {
  private static final TsvLines WITH_HEADER = new TsvLines(true, 0, false);

  /** A task on single texts; its test files hold the index, the text, and nothing else. */
  static GlueFiles single(String folder, TsvLines lines, int text, int label, LabelSet labels) {
    return new GlueFiles(
        folder,
        List.of(""),
        labelled(lines, text, Optional.empty(), label, labels),
        test(1, Optional.empty(), labels));
  }

  /** A task on pairs; {@code first} is the column of the first text, and the second follows it. */
  static GlueFiles pair(String folder, int first, int label, LabelSet labels) {
    Optional<Column> second = Optional.of(Column.at(first + 1));
    return new GlueFiles(
        folder,
        List.of(""),
        labelled(WITH_HEADER, first, second, label, labels),
        test(first, second, labels));
  }

  /** Files with a header line. */
  static TsvLines withHeader() {
    return WITH_HEADER;
  }

  /** The first text of a test file in another column than in train; the second follows it. */
  GlueFiles testTexts(int first) {
    return new GlueFiles(
        folder,
        suffixes,
        labelled,
        test(first, Optional.of(Column.at(first + 1)), labelled.labels()));
  }

  /** Several dev and test sets. */
  GlueFiles sets(String... suffix) {
    return new GlueFiles(folder, List.of(suffix), labelled, test);
  }

  /** Malformed lines in train and dev are passed over; a submission needs every line of test. */
  GlueFiles lenient() {
    Table lenient =
        new Table(
            new TsvLines(true, 0, true),
            labelled.text(),
            labelled.second(),
            labelled.label(),
            labelled.index(),
            labelled.labels(),
            false);
    return new GlueFiles(folder, suffixes, lenient, test);
  }

  private static Table labelled(
      TsvLines lines, int text, Optional<Column> second, int label, LabelSet labels) {
    return new Table(
        lines,
        Column.at(text),
        second,
        Optional.of(Column.at(label)),
        Optional.empty(),
        labels,
        false);
  }

  private static Table test(int text, Optional<Column> second, LabelSet labels) {
    return new Table(
        WITH_HEADER,
        Column.at(text),
        second,
        Optional.empty(),
        Optional.of(Column.at(0)),
        labels,
        true);
  }

  @Override
  public boolean needsGlue() {
    return true;
  }

  @Override
  public List<Part> parts(Partition partition, DataFolder data) {
    return switch (partition) {
      // Validation is cut from train, so that needs one example more.
      case TRAIN -> List.of(read("train", labelled, 2, data));
      case DEV -> suffixes.stream().map(set -> read("dev" + set, labelled, 1, data)).toList();
      case TEST -> suffixes.stream().map(set -> read("test" + set, test, 1, data)).toList();
    };
  }

  private Part read(String name, Table table, int atLeast, DataFolder data) {
    return table.read(name, file(data.path(), name + ".tsv"), atLeast, data);
  }

  private Path file(Optional<Path> glue, String name) {
    Path root =
        glue.orElseThrow(
            () ->
                new BadInputException(
                    folder + ": expected the GLUE folder (--glue DIR), got none"));
    for (Path parent : List.of(root, root.resolve(folder))) {
      if (!Files.isDirectory(parent)) {
        throw new BadInputException(
            parent
                + ": expected a folder"
                + (parent.equals(root) ? " with GLUE's " + folder : " with " + name)
                + ", got "
                + (Files.exists(parent) ? "a file" : "nothing of that name"));
      }
    }
    return root.resolve(folder).resolve(name);
  }
}
