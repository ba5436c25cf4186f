package io.darex.bench.task;

import io.darex.bench.console.BadInputException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The {@code train.tsv}, {@code dev.tsv} and {@code test.tsv} of one task in the official GLUE
 * layout, or {@code train-00000-of-00001.parquet} and so on as the Hugging Face hub has them.
 * Columns count from 0, as in the usual descriptions of the download.
 *
 * @param folder its folder below the GLUE folder
 * @param suffixes of the names of the dev and test files; several where there are several sets
 * @param labelled the layout of train and dev
 * @param test the layout of test, which has an index for a label
 * @param hub what the hub calls the columns of the texts
 */
record GlueFiles(String folder, List<String> suffixes, Table labelled, Table test, List<String> hub)
    implements Source {
  private static final TsvLines WITH_HEADER = new TsvLines(true, 0, false);

  /** A task on single texts; its test files hold the index, the text, and nothing else. */
  static GlueFiles single(String folder, TsvLines lines, int text, int label, LabelSet labels) {
    return new GlueFiles(
        folder,
        List.of(""),
        labelled(lines, text, Optional.empty(), label, labels),
        test(1, Optional.empty(), labels),
        List.of("sentence"));
  }

  /** A task on pairs; {@code first} is the column of the first text, and the second follows it. */
  static GlueFiles pair(String folder, int first, int label, LabelSet labels) {
    Optional<Column> second = Optional.of(Column.at(first + 1));
    return new GlueFiles(
        folder,
        List.of(""),
        labelled(WITH_HEADER, first, second, label, labels),
        test(first, second, labels),
        List.of("sentence1", "sentence2"));
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
        test(first, Optional.of(Column.at(first + 1)), labelled.labels()),
        hub);
  }

  /** Several dev and test sets. */
  GlueFiles sets(String... suffix) {
    return new GlueFiles(folder, List.of(suffix), labelled, test, hub);
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
    return new GlueFiles(folder, suffixes, lenient, test, hub);
  }

  /** Other names of the two columns of texts on the hub. */
  GlueFiles hub(String first, String second) {
    return new GlueFiles(folder, suffixes, labelled, test, List.of(first, second));
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
      case TRAIN -> List.of(read("train", "", labelled, 2, data));
      case DEV -> suffixes.stream().map(set -> read("dev", set, labelled, 1, data)).toList();
      case TEST -> suffixes.stream().map(set -> read("test", set, test, 1, data)).toList();
    };
  }

  private Part read(String partition, String set, Table table, int atLeast, DataFolder data) {
    String name = partition + set;
    Optional<Path> parquet =
        data.path()
            .filter(root -> !Files.exists(root.resolve(folder).resolve(name + ".tsv")))
            .flatMap(
                root -> hubFile(root, (partition.equals("dev") ? "validation" : partition) + set));
    return parquet.isPresent()
        ? onHub(table).read(name, parquet.get(), atLeast, data)
        : table.read(name, file(data.path(), name + ".tsv"), atLeast, data);
  }

  /** The first of the hub's files of that partition, if there are any. */
  private Optional<Path> hubFile(Path root, String partition) {
    Path there = root.resolve(folder.toLowerCase(Locale.ROOT).replace("-", ""));
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(there, partition + "-00000-of-?????.parquet")) {
      List<Path> found = new ArrayList<>();
      files.forEach(found::add);
      if (found.size() > 1) {
        throw new BadInputException(
            there + ": expected the files of one " + partition + " split, got those of two");
      }
      return found.stream().findFirst();
    } catch (IOException | DirectoryIteratorException e) {
      return Optional.empty(); // what is missing there is told of the official layout
    }
  }

  /** The same examples on the hub, where a label is its number. */
  private Table onHub(Table table) {
    int labels = table.labels().words().size();
    return new Table(
        FileFormat.PARQUET.lines(false),
        Column.named(hub.get(0)),
        hub.stream().skip(1).map(Column::named).findFirst(),
        table.label().map(any -> Column.named("label")),
        table.index().map(any -> Column.named("idx")),
        labels == 0
            ? table.labels()
            : LabelSet.of(IntStream.range(0, labels).mapToObj(Integer::toString).toList()),
        false);
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
