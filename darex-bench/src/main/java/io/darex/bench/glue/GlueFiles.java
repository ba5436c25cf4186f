package io.darex.bench.glue;

import io.darex.bench.BadInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The {@code train.tsv} and {@code dev.tsv} of one task in the official GLUE layout. Columns count
 * from 0, as in the usual descriptions of the download.
 *
 * @param folder its folder below the GLUE folder
 * @param header whether the first line names the columns; it then also fixes how many there are
 * @param columns how many columns a line has, where no header says so
 * @param text column of the first or only text
 * @param second column of the second text of a pair
 * @param label column of the label
 * @param written the labels as the file writes them, in index order
 */
record GlueFiles(
    String folder,
    boolean header,
    int columns,
    int text,
    Optional<Integer> second,
    int label,
    List<String> written)
    implements Source {

  static GlueFiles withHeader(String folder) {
    return new GlueFiles(folder, true, 0, 0, Optional.empty(), 0, List.of());
  }

  static GlueFiles withoutHeader(String folder, int columns) {
    return new GlueFiles(folder, false, columns, 0, Optional.empty(), 0, List.of());
  }

  GlueFiles text(int column) {
    return new GlueFiles(folder, header, columns, column, Optional.empty(), label, written);
  }

  GlueFiles texts(int first, int other) {
    return new GlueFiles(folder, header, columns, first, Optional.of(other), label, written);
  }

  GlueFiles label(int column, List<String> asWritten) {
    return new GlueFiles(folder, header, columns, text, second, column, asWritten);
  }

  @Override
  public boolean needsGlue() {
    return true;
  }

  @Override
  public List<Example> train(Optional<Path> glue) {
    // Validation is cut from train, so that needs one example more.
    return read(file(glue, "train.tsv"), 2);
  }

  @Override
  public List<Example> dev(Optional<Path> glue) {
    return read(file(glue, "dev.tsv"), 1);
  }

  private Path file(Optional<Path> glue, String name) {
    Path root =
        glue.orElseThrow(
            () ->
                new BadInputException(
                    folder + ": expected the GLUE folder (--glue DIR), came none"));
    for (Path parent : List.of(root, root.resolve(folder))) {
      if (!Files.isDirectory(parent)) {
        throw new BadInputException(
            parent
                + ": expected a folder"
                + (parent.equals(root) ? " with GLUE's " + folder : " with " + name)
                + ", came "
                + (Files.exists(parent) ? "a file" : "nothing of that name"));
      }
    }
    return root.resolve(folder).resolve(name);
  }

  private List<Example> read(Path file, int atLeast) {
    List<Example> examples = new ArrayList<>();
    int[] width = {columns};
    Tsv.read(
        file,
        (line, cells) -> {
          if (header && line == 1) {
            width[0] = headerWidth(file, cells);
          } else {
            examples.add(example(file, line, cells, width[0]));
          }
        });
    if (examples.size() < atLeast) {
      throw new BadInputException(
          file + ": expected " + atLeast + " or more examples, came " + examples.size());
    }
    return examples;
  }

  private int headerWidth(Path file, String[] cells) {
    int needed = 1 + Math.max(label, Math.max(text, second.orElse(0)));
    if (cells.length < needed) {
      throw BadInputException.at(
          file, 1, "a header of at least " + needed + " tab-separated columns", "" + cells.length);
    }
    // Without this a file that lacks its header would silently lose its first example.
    if (written.contains(cells[label])) {
      throw BadInputException.at(file, 1, "a header line", "an example");
    }
    return cells.length;
  }

  private Example example(Path file, int line, String[] cells, int width) {
    if (cells.length != width) {
      throw BadInputException.at(file, line, width + " tab-separated columns", "" + cells.length);
    }
    int index = written.indexOf(cells[label]);
    if (index < 0) {
      throw BadInputException.at(
          file,
          line,
          "label " + String.join(" or ", written) + " in column " + (label + 1),
          BadInputException.quote(cells[label]));
    }
    return new Example(
        filled(file, line, cells, text), second.map(at -> filled(file, line, cells, at)), index);
  }

  private static String filled(Path file, int line, String[] cells, int column) {
    if (cells[column].isBlank()) {
      throw BadInputException.at(file, line, "a text in column " + (column + 1), "an empty one");
    }
    return cells[column];
  }
}
