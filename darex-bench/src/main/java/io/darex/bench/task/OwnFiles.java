package io.darex.bench.task;

import io.darex.bench.console.BadInputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A user's own files, one for each partition there is.
 *
 * @param files by partition
 * @param format how they hold their examples
 * @param header whether the first line of a tab-separated file names its columns
 * @param text column of the first or only text
 * @param second column of the second text of a pair
 * @param label column of the label; a test file need not have it
 * @param index column of an index that names the examples
 * @param labels what may stand in the label column
 */
public record OwnFiles(
    Map<Partition, Path> files,
    FileFormat format,
    boolean header,
    Column text,
    Optional<Column> second,
    Column label,
    Optional<Column> index,
    LabelSet labels)
    implements Source {

  /** Copies the map. */
  public OwnFiles {
    files = Map.copyOf(files);
  }

  @Override
  public boolean needsGlue() {
    return false;
  }

  @Override
  public List<Path> paths() {
    return files.values().stream().map(FileFormat::shards).flatMap(List::stream).toList();
  }

  @Override
  public List<Part> parts(Partition partition, DataFolder folder) {
    Path file = files.get(partition);
    if (file == null) {
      throw new BadInputException(
          "task: expected a file under the key '" + partition.word() + "', got none");
    }
    boolean answered = partition != Partition.TEST;
    Table table =
        new Table(
            format.lines(header),
            text,
            second,
            answered ? Optional.of(label) : Optional.empty(),
            index,
            labels,
            false);
    int atLeast = partition == Partition.TRAIN ? 2 : 1;
    return List.of(table.read(partition.word(), file, atLeast, folder));
  }
}
