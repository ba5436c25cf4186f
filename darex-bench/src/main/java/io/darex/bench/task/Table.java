package io.darex.bench.task;

import io.darex.bench.console.BadInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How the files of a task hold its examples.
 *
 * @param lines how a file holds its records
 * @param text column of the first or only text
 * @param second column of the second text of a pair
 * @param label column of the label; none in a test file
 * @param index column of the index; none where the place in the file is the index
 * @param labels what may stand in the label column
 * @param official whether this is a test set of GLUE, whose header is known
 */
public record Table(
    Lines lines,
    Column text,
    Optional<Column> second,
    Optional<Column> label,
    Optional<Column> index,
    LabelSet labels,
    boolean official) {
  /** What GLUE's test sets call their columns. */
  private static final String TEXTS = "sentence[12]?|question[12]?|#[12] String";

  private static final String INDICES = "index|id";

  /**
   * Reads a file whole, or several of one partition. Empty texts are kept, since official files
   * have some; they, and lines that the format passes over, are counted and told in one line each.
   *
   * @param atLeast how many examples there have to be
   * @throws BadInputException naming file and line of what cannot be read
   */
  Part read(String name, Path file, int atLeast, DataFolder folder) {
    List<Column> columns = new ArrayList<>(List.of(text));
    second.ifPresent(columns::add);
    label.ifPresent(columns::add);
    index.ifPresent(columns::add);
    Collector collector = new Collector();
    for (Path shard : FileFormat.shards(file)) {
      collector.file = shard;
      List<Integer> malformed = Tsv.open(shard, in -> lines.read(shard, in, columns, collector));
      tell(folder, shard, malformed, "malformed lines passed over");
      tell(folder, shard, collector.empty, "examples with an empty text, kept");
      collector.empty.clear();
    }
    if (collector.examples.size() < atLeast) {
      throw new BadInputException(
          file + ": expected " + atLeast + " or more examples, got " + collector.examples.size());
    }
    return new Part(name, collector.indices, collector.examples);
  }

  private final class Collector implements Lines.Sink {
    /** Which of the files is read. */
    private Path file;

    private final List<Example> examples = new ArrayList<>();
    private final List<String> indices = new ArrayList<>();
    private final List<Integer> empty = new ArrayList<>();
    private final Map<String, Integer> lineOf = new HashMap<>();

    @Override
    public void header(String[] cells) {
      int next = second.isPresent() ? 2 : 1;
      boolean answered = label.isPresent() && labels.parse(cells[next++]).isPresent();
      boolean numbered = index.isPresent() && cells[next].matches("\\d+");
      // Without this a file that lacks its header would silently lose its first example.
      if (answered || numbered) {
        throw BadInputException.at(file, 1, "a header line", "an example");
      }
      // A labelled file as a test set has something else there: a label for an index, or for a
      // text.
      if (official) {
        requireHead(cells[next], INDICES, "index or id in " + index.orElseThrow());
        for (int i = 0; i < next; i++) {
          requireHead(cells[i], TEXTS, "sentence or question in " + (i == 0 ? text : second.get()));
        }
      }
    }

    private void requireHead(String cell, String pattern, String expected) {
      if (!cell.matches(pattern)) {
        throw BadInputException.at(
            file,
            1,
            "the header of the task's test set, with " + expected,
            BadInputException.quote(cell));
      }
    }

    @Override
    public void accept(int line, String[] cells) {
      int next = 1;
      Optional<String> other = second.isPresent() ? Optional.of(cells[next++]) : Optional.empty();
      double answer = label.isPresent() ? answer(file, line, cells[next++]) : Double.NaN;
      indices.add(index.isPresent() ? index(line, cells[next]) : String.valueOf(examples.size()));
      examples.add(new Example(cells[0], other, answer));
      if (cells[0].isBlank() || other.filter(String::isBlank).isPresent()) {
        empty.add(line);
      }
    }

    /** An index is written into the files of predictions, where it has to name one example. */
    private String index(int line, String cell) {
      if (cell.isBlank() || cell.chars().anyMatch(Character::isISOControl)) {
        throw BadInputException.at(
            file,
            line,
            "an index in " + index.orElseThrow(),
            cell.isBlank() ? "nothing" : BadInputException.quote(cell));
      }
      Integer before = lineOf.putIfAbsent(cell, line);
      if (before != null) {
        throw BadInputException.at(
            file,
            line,
            "an index that no other line has in " + index.orElseThrow(),
            BadInputException.quote(cell) + " as in line " + before);
      }
      return cell;
    }
  }

  private double answer(Path file, int line, String cell) {
    OptionalDouble answer = labels.parse(cell);
    if (answer.isEmpty()) {
      throw BadInputException.at(
          file,
          line,
          labels.expected() + " in " + label.orElseThrow(),
          BadInputException.quote(cell));
    }
    return answer.getAsDouble();
  }

  private static void tell(DataFolder folder, Path file, List<Integer> lines, String what) {
    if (!lines.isEmpty()) {
      folder
          .notice()
          .accept(
              String.format(Locale.ROOT, "%s:%d: %s: %d", file, lines.get(0), what, lines.size()));
    }
  }
}
