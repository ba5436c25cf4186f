package io.darex.prune.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.NameOrder;
import io.darex.prune.Tensor;
import io.darex.prune.delta.DeltaTable.Parts;
import io.darex.prune.delta.DeltaTable.Row;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.tensor.ByteTensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class DeltaTableTest {
  private static final Parts NEITHER = new Parts(false, false);

  /** That of docs/FORMAT.md. */
  @Test
  void isWhatTheFormatSays() throws IOException {
    DeltaTable table =
        new DeltaTable(
            List.of(
                new Row("a.0.weight", new long[] {2, 3}, 2, 0, 0, 0.5, 0),
                new Row("a.1.weight", new long[] {2, 3}, 1, 0, 0, 0.5, 0)),
            0.5,
            false);
    Tensor bytes = table.encode("table", NEITHER);
    String hex =
        "02 000A612E302E776569676874 0102070131 01020203 0201 01000000000000E03F 00"
            .replace(" ", "");
    assertThat(HexFormat.of().withUpperCase().formatHex(ByteTensor.of(bytes))).isEqualTo(hex);
    assertSame(DeltaTableReader.read(Path.of("x"), bytes, NEITHER), table);
  }

  @Test
  void takesAFewBytesForEachNameOfALayer() throws IOException {
    List<Row> rows = new ArrayList<>();
    for (String name : Bert.shapes(12).keySet()) {
      rows.add(new Row(name, new long[] {1}, 0, 0, 0, 1, 0));
    }
    assertThat(rows).hasSize(199);
    // A shape, a count and four bytes or so of each name, but for the first of them.
    assertThat(new DeltaTable(rows, 1, false).encode("table", NEITHER).count()).isLessThan(1700);
  }

  @Property(tries = 300)
  void givesBackWhatWasWritten(@ForAll long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    DeltaTable table = table(random);
    Parts parts = new Parts(random.nextBoolean(), random.nextBoolean());
    Tensor bytes = table.encode("table", parts);
    DeltaTable read = DeltaTableReader.read(Path.of("x"), bytes, parts);
    assertThat(ByteTensor.of(read.encode("table", parts))).isEqualTo(ByteTensor.of(bytes));
    assertThat(read.fallback()).isEqualTo(table.fallback());
    for (int i = 0; i < read.rows().size(); i++) {
      Row was = table.rows().get(i);
      Row is = read.rows().get(i);
      assertThat(is.name()).isEqualTo(was.name());
      assertThat(is.shape()).isEqualTo(was.shape());
      assertThat(is.kept()).isEqualTo(was.kept());
      assertThat(is.q()).isEqualTo(was.q());
      assertThat(is.parameter()).isEqualTo(parts.places() ? was.parameter() : 0);
      assertThat(is.magnitude()).isEqualTo(parts.signs() ? was.magnitude() : 0);
      assertThat(is.dropRate()).isEqualTo(table.hasRates() ? was.dropRate() : 0);
    }
    // No beginning of a table is one.
    byte[] whole = ByteTensor.of(bytes);
    for (int length = 0; length < whole.length; length += 1 + length / 20) {
      Tensor cut = new ByteTensor("table", Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> DeltaTableReader.read(Path.of("x"), cut, parts))
          .isInstanceOf(MalformedFileException.class);
    }
  }

  private static DeltaTable table(SplittableRandom random) {
    Set<String> names = new TreeSet<>(NameOrder.BY_UTF8);
    for (int i = random.nextInt(400); i > 0; i--) {
      String[] words = {"", "a.", "b", "ö", "漢.", "😀", "layer.", "weight", "bias"};
      StringBuilder name = new StringBuilder();
      for (int word = random.nextInt(6); word > 0; word--) {
        name.append(words[random.nextInt(words.length)]).append(random.nextInt(20));
      }
      names.add(name.toString());
    }
    List<Row> rows = new ArrayList<>();
    for (String name : names) {
      long[] shape = random.longs(random.nextInt(4), 0, 3).toArray();
      long kept = random.nextInt(3) == 0 ? 0 : random.nextLong() >>> (1 + random.nextInt(60));
      rows.add(
          new Row(
              name,
              shape,
              kept,
              kept == 0 ? 0 : random.nextInt(RiceCode.MAX_PARAMETER + 1),
              kept == 0 ? 0 : random.nextInt(9),
              (1 + random.nextInt(3)) / 4.0,
              random.nextInt(5) / 4.0));
    }
    return new DeltaTable(rows, (1 + random.nextInt(4)) / 4.0, random.nextBoolean());
  }

  private static void assertSame(DeltaTable read, DeltaTable table) {
    assertThat(read).usingRecursiveComparison().isEqualTo(table);
  }

  /** Names that are like one before can be long in a few bytes: not without end. */
  @Test
  void refusesNamesBeyondMeasure() {
    TableBytes bytes = new TableBytes();
    int tensors = 10_000;
    int length = 60_000;
    bytes.number(tensors);
    bytes.number(0);
    bytes.number(length);
    bytes.add(new byte[length], 0, length);
    for (int i = 1; i < tensors; i++) {
      bytes.number(1);
      bytes.number(length + i - 1);
      bytes.number(0);
      bytes.number(1);
      bytes.add((byte) 'x');
    }
    Tensor table = new ByteTensor("table", bytes.toArray());
    assertThatThrownBy(() -> DeltaTableReader.read(Path.of("x"), table, NEITHER))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("names of at most 1")
        .hasMessageContaining(" bytes in all in table");
  }

  @Test
  void refusesNamesThatAreNoText() {
    Row half = new Row("\ud800", new long[0], 0, 0, 0, 1, 0);
    assertThatThrownBy(() -> new DeltaTable(List.of(half), 1, false).encode("table", NEITHER))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected names in Unicode");
  }
}
