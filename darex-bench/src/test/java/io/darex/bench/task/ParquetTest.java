package io.darex.bench.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.bench.console.BadInputException;
import io.darex.bench.fuzz.Mutator;
import io.darex.bench.fuzz.ReaderFuzz;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.Util;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that pyarrow wrote: GLUE as the hub lays it out, other ways to write, and hostile ones. */
class ParquetTest {
  private static final Path FILES = Path.of("src", "test", "resources", "parquet");

  @TempDir Path folder;

  /** Two shards in snappy and zstd, then gzip, then no compression and a test set's label −1. */
  @Test
  void readsGlueAsTheHubHasIt() {
    assertThat(glue("cola", Partition.TRAIN).get(0).examples())
        .containsExactly(
            Example.of("Birds sing.", 1),
            Example.of("Birds sings.", 0),
            Example.of("Ça va, 世界 😀\t?", 1));
    assertThat(glue("cola", Partition.DEV).get(0).examples())
        .containsExactly(Example.of("Fish swim.", 1));
    Part test = glue("cola", Partition.TEST).get(0);
    assertThat(test.indices()).containsExactly("0");
    assertThat(test.examples()).extracting(Example::text).containsExactly("Who knows?");
    assertThat(test.labelled()).isFalse();
  }

  @Test
  void readsPairsNumbersOfLabelsAndScores() {
    List<Part> mnli = glue("mnli", Partition.DEV);
    assertThat(mnli).extracting(Part::name).containsExactly("dev_matched", "dev_mismatched");
    assertThat(mnli.get(0).examples())
        .containsExactly(
            new Example("It rains.", Optional.of("It is wet."), 0),
            new Example("It rains.", Optional.of("It is\ndry."), 2));
    assertThat(mnli.get(1).examples()).extracting(Example::label).containsExactly(1.0);
    assertThat(glue("stsb", Partition.DEV).get(0).examples())
        .extracting(Example::label)
        .containsExactly(3.8, 0.0);
  }

  @Test
  void refusesLabelMinusOne() {
    assertThatThrownBy(() -> glue("rte", Partition.DEV))
        .isInstanceOf(BadInputException.class)
        .hasMessageEndingWith(
            "validation-00000-of-00001.parquet:2: expected label 0 or 1 in column label, got"
                + " \"-1\"");
  }

  @Test
  void namesAShardThatIsMissing() throws IOException {
    Path cola = Files.createDirectories(folder.resolve("cola"));
    Path first = Path.of("cola", "train-00000-of-00002.parquet");
    Files.copy(FILES.resolve("glue").resolve(first), folder.resolve(first));
    DataFolder data = new DataFolder(Optional.of(folder), notice -> {});
    assertThatThrownBy(() -> Task.named("cola").source().parts(Partition.TRAIN, data))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(cola.resolve("train-00001-of-00002.parquet") + ": expected a file");
    Files.createFile(cola.resolve("train-00000-of-00003.parquet"));
    assertThatThrownBy(() -> Task.named("cola").source().parts(Partition.TRAIN, data))
        .hasMessage(cola + ": expected the files of one train split, got those of two");
  }

  /** Pages and row groups that are smaller than the file, both versions of pages, encodings. */
  @ParameterizedTest
  @CsvSource({"own.parquet, 300", "own-v2.parquet, 20"})
  void readsOwnFilesHoweverTheyAreWritten(String name, int rows) {
    Part part = own(FILES.resolve(name), "text", "stars", "0", "1", "2");
    assertThat(part.examples())
        .isEqualTo(
            IntStream.range(0, rows).mapToObj(i -> Example.of("Text " + i % 7, i % 3)).toList());
    assertThat(part.indices().get(rows - 1)).isEqualTo("n" + (rows - 1));
    assertThat(own(FILES.resolve(name), "id", "good", "true", "false").examples().get(rows - 1))
        .isEqualTo(Example.of("n" + (rows - 1), 1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "odd.parquet | other | odd.parquet: expected column other of texts, numbers or truth"
            + " values, got columns text, list, nothing, bytes, day, latin",
        "odd.parquet | list | expected column list of texts, numbers or truth values, got other"
            + " values",
        "odd.parquet | bytes | expected column bytes of texts, numbers or truth values, got other"
            + " values",
        "odd.parquet | day | expected column day of texts, numbers or truth values, got other"
            + " values",
        "odd.parquet | nothing | odd.parquet:1: expected a text or a number in column nothing, got",
        "odd.parquet | latin | odd.parquet:1: expected UTF-8 in column latin, got other bytes",
        "brotli.parquet | text | compression BROTLI, where darex reads snappy, zstd, gzip and none",
        "make.py | text | make.py: expected a Parquet file, which begins and ends with PAR1, got"
      })
  void namesTheFault(String file, String column, String message) {
    assertThatThrownBy(() -> texts(FILES.resolve(file), column))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(message);
  }

  @Test
  void refusesEveryTruncation() throws IOException {
    byte[] bytes = Files.readAllBytes(FILES.resolve("odd.parquet"));
    for (int length = 0; length < bytes.length; length += 3) {
      Path cut = folder.resolve("cut" + length);
      Files.write(cut, Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> texts(cut, "text"))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining(": expected ")
          .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1000).hasLineCount(1));
    }
  }

  /** Its reader repeats the last value where there are no more, a trillion times if it has to. */
  @Test
  void refusesMoreRowsThanValues() throws IOException {
    byte[] bytes = Files.readAllBytes(FILES.resolve("own-v2.parquet"));
    int end = bytes.length - 8;
    int start = end - ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(end);
    FileMetaData footer =
        Util.readFileMetaData(new ByteArrayInputStream(bytes, start, end - start));
    footer.getRow_groups().get(0).setNum_rows(1L << 40);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(bytes, 0, start);
    Util.writeFileMetaData(footer, out);
    int length = out.size() - start;
    out.write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(length).array());
    out.write(bytes, end + 4, 4);
    Path file = Files.write(folder.resolve("rows"), out.toByteArray());
    assertThatThrownBy(() -> texts(file, "text"))
        .isInstanceOf(BadInputException.class)
        .hasMessageEndingWith(
            "expected a Parquet file that can be read, got 20 values in 1099511627776 rows of"
                + " column text");
  }

  @Test
  void fuzz() throws IOException {
    List<byte[]> good = new ArrayList<>();
    for (String name :
        List.of("own-v2.parquet", "odd.parquet", "glue/cola/train-00001-of-00002.parquet")) {
      good.add(Files.readAllBytes(FILES.resolve(name)));
    }
    Mutator mutator = new Mutator(Mutator.STUMBLES);
    Path file = folder.resolve("fuzzed");
    ReaderFuzz.run(
        "parquet",
        0.01,
        random -> {
          byte[] bytes = good.get(random.nextInt(good.size())).clone();
          Files.deleteIfExists(file);
          Files.write(file, mutator.text(bytes, random));
          texts(file, "text");
        });
  }

  private static List<String> texts(Path file, String column) {
    List<String> texts = new ArrayList<>();
    new TextRows(
            FileFormat.PARQUET,
            false,
            Optional.of(Column.named(column)),
            Optional.empty(),
            Optional.empty())
        .read(file, (index, example) -> texts.add(example.text()));
    return texts;
  }

  private static Part own(Path file, String text, String label, String... labels) {
    Map<Partition, Path> files = new EnumMap<>(Map.of(Partition.DEV, file));
    OwnFiles source =
        new OwnFiles(
            files,
            FileFormat.of(file),
            false,
            Column.named(text),
            Optional.empty(),
            Column.named(label),
            Optional.of(Column.named("id")),
            LabelSet.of(List.of(labels)));
    return source.parts(Partition.DEV, new DataFolder(Optional.empty(), notice -> {})).get(0);
  }

  private static List<Part> glue(String task, Partition partition) {
    DataFolder data = new DataFolder(Optional.of(FILES.resolve("glue")), notice -> {});
    return Task.named(task).source().parts(partition, data);
  }
}
