package io.darex.bench.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How a file holds texts. */
public enum FileFormat {
  /** Columns with tabs between them and no quoting. */
  TSV,

  /** One JSON object a line. */
  JSONL,

  /** Parquet, in a build with its library. */
  PARQUET;

  /** The first of several files, as the Hugging Face hub names them. */
  private static final Pattern FIRST_OF = Pattern.compile("(.*-)0{5}(-of-(\\d{5})\\..*)");

  /** What configurations and options call it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The format of a file, by its name. */
  public static FileFormat of(Path file) {
    String name = file.toString();
    return name.endsWith(".parquet") ? PARQUET : name.matches(".*\\.jsonl?") ? JSONL : TSV;
  }

  /** Whether columns are known by their names alone, with no header line or without one. */
  public boolean namesColumns() {
    return this != TSV;
  }

  Lines lines(boolean header) {
    return switch (this) {
      case TSV -> new TsvLines(header, 0, false);
      case JSONL -> new JsonLines();
      case PARQUET -> new ParquetRows();
    };
  }

  /**
   * The files that a name stands for: {@code train-00000-of-00002.parquet} is the first of two,
   * which are read in order; any other name is one file.
   */
  static List<Path> shards(Path file) {
    Matcher name = FIRST_OF.matcher(file.getFileName().toString());
    if (!name.matches()) {
      return List.of(file);
    }
    List<Path> shards = new ArrayList<>(List.of(file));
    for (int i = 1; i < Integer.parseInt(name.group(3)); i++) {
      String number = String.format(Locale.ROOT, "%05d", i);
      shards.add(file.resolveSibling(name.group(1) + number + name.group(2)));
    }
    return shards;
  }
}
