package io.darex.prune.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.darex.prune.Mask;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.ByteTensor;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import io.darex.prune.tensor.LongTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that an enemy wrote: each is refused with a message that names its fault. */
class HostileDeltaFileTest {
  private static final long[] SHAPE = {4, 50};

  @TempDir Path folder;

  static Stream<Arguments> faults() {
    return Stream.of(
        any("no delta", c -> c.without("darex.format"), "a sparse delta, which has darex.format"),
        any("version", c -> c.text("darex.format", "1"), "expected darex.format 2, got 1"),
        any("no job", c -> c.without("darex.job"), "metadata darex.job, got none"),
        any("no digest", c -> c.without("darex.kept"), "metadata darex.kept, got none"),
        any("digest", c -> c.text("darex.kept", "0".repeat(64)), "the file is damaged"),
        any("no hex", c -> c.text("darex.base", "ABC"), "darex.base to be 64 hexadecimal digits"),
        any("no mask", c -> c.without("darex.mask"), "metadata darex.mask, got none"),
        mask("{\"kind\":\"rnd\"}", "unknown mask 'rnd'"),
        mask("{}", "unknown mask 'null'"),
        mask("{", "darex.mask to be a JSON object"),
        mask("null", "darex.mask to be a JSON object"),
        mask("{} {}", "darex.mask to be a JSON object"),
        mask("[]", "darex.mask to be a JSON object"),
        mask(random("1", "1.0"), "dropRate must be in [0, 1)"),
        mask(random("1", "\"NaN\""), "needs a number as 'dropRate'"),
        mask(random("1", "[]"), "needs a number as 'dropRate'"),
        mask(random("1", "{}"), "needs a number as 'dropRate'"),
        mask(random("1", "{\"w0\":0.9},\"overall\":0.9"), "needs a number as 'dropRate'"),
        mask(random("1", "0.9,\"overall\":0.9"), "mask random has no parameter 'overall'"),
        mask("{\"kind\":\"wanda\",\"dropRate\":0.9}", "a tensor places with mask wanda, got none"),
        mask(random("1", "1e400"), "needs a number as 'dropRate'"),
        mask(random("1e999999999", "0.9"), "a 64-bit integer as 'seed'"),
        mask(random("9".repeat(1_000_000), "0.9"), "a 64-bit integer as 'seed'"),
        mask(
            "{\"kind\":\"random\",\"seed\":" + "9".repeat(1_000_000) + ",\"dropRate\":0.9}",
            "Number value length"),
        mask("{\"kind\":".repeat(100_000), "nesting depth"),
        mask(
            "{\"kind\":\"random\",\"kind\":\"random\",\"seed\":1,\"dropRate\":0.9}",
            "Duplicate field 'kind'"),
        mask(
            "{\"kind\":\"stratified\",\"seed\":1,\"dropRate\":0.9,\"group\":99999999999}", "group"),
        mask(random("43", "0.9"), "as many kept of w0 as the mask keeps"),
        rate(1, "as many kept of w0 as the mask could keep of 200 elements"),
        rate(0.1, "as many kept of w0 as the mask"),
        rate(1.5, "tensor w0: dropRate must be in [0, 1), got 1.5"),
        rate(-0.1, "tensor w0: dropRate must be in [0, 1), got -0.1"),
        rate(Double.NaN, "tensor w0: dropRate must be in [0, 1), got NaN"),
        of(
            2,
            "rates of one threshold",
            c -> c.rate(0.9),
            "cannot have a drop rate for each tensor"),
        of(4, "rates of n:m", c -> c.rate(0.5), "it has none to choose"),
        any("q 0", c -> c.q(0), "every q in (0, 1] in table"),
        any("q below 0", c -> c.q(-0.1), "every q in (0, 1] in table"),
        any("q above 1", c -> c.q(1.0000001), "every q in (0, 1] in table"),
        any("q 0 in fp32", c -> c.q(1e-60), "every q in (0, 1] in table"),
        any("q NaN", c -> c.q(Double.NaN), "every q in (0, 1] in table"),
        shape("elements in all for tensor w0, got [1152921504606846976]", 1L << 60),
        shape("got [4294967296, 4294967296]", 1L << 32, 1L << 32),
        shape("got [4294967296, 4294967296, 0]", 1L << 32, 1L << 32, 0),
        shape("kept of w0 as the mask could keep of 1000000 elements, got", 1_000_000),
        shape("as many kept of w0 as the mask keeps", 4, 60),
        shape("at most 3 entries kept of w0, got", 3),
        any("kept more", c -> c.kept(201), "at most 200 entries kept of w0, got 201"),
        any("kept 2^63 - 1", c -> c.kept(Long.MAX_VALUE), "kept of w0, got 9223372036854775807"),
        any("kept others", c -> c.kept(19), "as many values as the table has kept entries, 19"),
        any("no values", c -> c.without("values"), "a tensor values or signs, got none"),
        any("value too few", c -> c.values(new float[1]), "as many values as the table has kept"),
        any(
            "signs beside values",
            c -> c.tensor(new HostileContent.Bytes("signs", new byte[3])),
            "no tensor values beside signs, got one"),
        any("signs too few", c -> c.signs(0, 0), "as many signs as the table has kept entries, 2"),
        any("signs' padding", c -> c.signs(0, 0, 0, 4), "signs that end with zeros to fill the"),
        any("magnitude", c -> c.signs(0, 0, 0, 0).magnitude(-1), "magnitudes that are finite and"),
        any("magnitude -0", c -> c.signs(0, 0, 0, 0).magnitude(-0f), "finite and have no sign"),
        any("magnitude NaN", c -> c.signs(0, 0, 0, 0).magnitude(Float.NaN), "magnitudes that are"),
        any(
            "magnitude infinite",
            c -> c.signs(0, 0, 0, 0).magnitude(1 / 0f),
            "magnitudes that are"),
        any("no table", c -> c.without("table"), "a tensor table with any mask, got none"),
        any(
            "table of floats",
            c -> c.tensor(new FloatTensor("table", new long[1], new float[0])),
            "table to be one-dimensional and U8, got F32 of shape [0]"),
        table("empty", "a number of tensors in table, byte 0, got the end"),
        table("too many", "a number of tensors in table, byte 1, got 9", 9),
        table("long number", "numbers in as few bytes as they need in table, byte 2", 0x81, 0),
        table("cut number", "a number of tensors in table, byte 1, got the end", 0x81),
        table(
            "endless number",
            "numbers below 2^63 in table, byte 9",
            0x80,
            0x80,
            0x80,
            0x80,
            0x80,
            0x80,
            0x80,
            0x80,
            0x80,
            0x80),
        table("like none", "a name like one of the 0 before it in table, byte 2", 1, 1, 0, 0, 0),
        table("cut name", "the 2 bytes that a name has of its own in table, byte 3", 1, 0, 2, 'w'),
        table("no UTF-8", "names in UTF-8 in table, byte 4", 1, 0, 1, 0xC3),
        table("half a character", "names in UTF-8", 1, 0, 3, 0xED, 0xA0, 0x80),
        table("falling", "names in rising order in table, byte 7", 2, 0, 1, 'b', 0, 1, 'a'),
        table("twice", "order in table, byte 7, got 'b' after 'b'", 2, 0, 1, 'b', 0, 1, 'b'),
        table("beginning", "a beginning of at most 1 bytes", 2, 0, 1, 'b', 1, 2, 0, 0),
        table("ends overlap", "an end of at most 0 bytes", 2, 0, 1, 'b', 1, 1, 1, 0),
        table("no shape", "a shape in table, byte 5, got none", 1, 0, 1, 'b', 0),
        table("rank", "a rank in table, byte 6, got 65", 1, 0, 1, 'b', 1, 65),
        table("cut shape", "a dimension in table, byte 6, got the end", 1, 0, 1, 'b', 1, 2),
        table("which shape", "one of 2 values of shape", 1, 0, 1, 'b', 2, 0, 1, 9, 2),
        table("no count", "a number of kept entries", 1, 0, 1, 'b', 1, 0),
        table("no q", "a q in table, byte 8, got none", 1, 0, 1, 'b', 1, 0, 0, 0, 0),
        any(
            "names beyond all measure",
            c ->
                c.table(
                    bytes -> {
                      bytes.number(2000);
                      bytes.number(0);
                      bytes.number(100_000);
                      bytes.add(new byte[100_000], 0, 100_000);
                      for (int i = 1; i < 2000; i++) {
                        bytes.number(1);
                        bytes.number(100_000 + (i - 1) / 128);
                        bytes.number(0);
                        bytes.number(1);
                        bytes.add((byte) (i % 128));
                      }
                    }),
            "in table"),
        any(
            "trailing",
            c -> {
              byte[] table = ByteTensor.of(c.tensors.get("table"));
              c.tensor(new HostileContent.Bytes("table", Arrays.copyOf(table, table.length + 1)));
            },
            "the end in table"),
        any(
            "stray tensor",
            c -> c.tensor(new FloatTensor("stray", new long[] {1}, new float[1])),
            "tensor keys [places, signs, table, values], whole:NAME or file:NAME, got 'stray'"),
        any(
            "half a character",
            c -> c.tensor(new FloatTensor("whole:\ud800", new long[] {1}, new float[1])),
            "a JSON object as header, got Broken surrogate pair"),
        any(
            "kept and whole",
            c -> c.tensor(new FloatTensor("whole:w0", new long[] {1}, new float[1])),
            "'w0' in the table or as whole:w0, got both"),
        any(
            "places of a drawn mask",
            c -> c.tensor(new HostileContent.Bytes("places", new byte[1])),
            "no tensor places with mask random, got one"),
        any(
            "integer values",
            c -> c.tensor(new LongTensor("values", new long[20])),
            "values to be one-dimensional and F32, F16 or BF16, got I64"),
        any(
            "matrix of values",
            c -> c.tensor(new FloatTensor("values", new long[] {1, 1}, new float[1])),
            "values to be one-dimensional and F32, F16 or BF16, got F32 of shape [1, 1]"),
        any(
            "NaN kept",
            c -> c.first(Float.NaN),
            "tensor values, element 0: expected a finite number, got NaN"),
        any(
            "stray file",
            c -> c.tensor(new HostileContent.Bytes("file:spiece.model", new byte[1])),
            "a digest in darex.files for each file:NAME, got spiece.model"),
        gaps("of numbers", c -> c.tensor(new LongTensor("places", new long[1])), "places to be"),
        gaps("none", c -> c.without("places"), "a tensor places with mask magnitude, got none"),
        gaps("empty", c -> c.places(2, 3), "at least the 1 bytes of all remainders in places"),
        gaps("cut", c -> c.places(2, 0), "a quotient for each of 2 kept of w0 in places, got 0"),
        gaps("fewer", c -> c.places(2, 3, 1, 0), "a quotient for each of 2 kept of w0"),
        gaps("more", c -> c.places(2, 3, 7, 0), "quotients that end with bit 2 but for zeros"),
        gaps("trailing", c -> c.places(2, 3, 3, 0, 0), "quotients that end with bit 2 but for"),
        gaps("padding", c -> c.places(2, 3, 3, 0x40), "remainders that end with zeros to fill"),
        gaps("late", c -> c.places(2, 6, 9, 126, 2), "gaps that end within the 200 of w0"),
        gaps("first late", c -> c.places(2, 6, 0x88, 0, 0), "the 200 of w0 in places, got more"),
        gaps("huge", c -> c.places(2, 40, huge()), "gaps that end within the 200 of w0"),
        gaps("parameter", c -> c.places(2, 41), "parameters of at most 40 in table"),
        columns("none", c -> c.without("places"), "a tensor places with mask columns, got none"),
        columns("late", c -> c.places(8, 6, 3, 10, 10), "gaps that end within the 50 of w0"),
        columns("all", c -> c.kept(51), "at most 50 columns kept of w0, got 51"),
        columns("values", c -> c.places(2, 0, 3), "as the table has kept entries, 8, got 2"));
  }

  /** Two quotients of 2000 bits or so, and the remainders. */
  private static int[] huge() {
    int[] bytes = new int[260];
    bytes[120] = 1;
    bytes[249] = 0x80;
    return bytes;
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("faults")
  void namesTheFault(int mask, String name, Consumer<HostileContent> fault, String message)
      throws IOException {
    HostileContent content = good(SparseDeltas.MASKS.get(mask));
    write(content);
    assertThat(SparseDeltaFile.read(folder.resolve("hostile")).kept()).containsOnlyKeys("w0");
    fault.accept(content);
    write(content);
    assertRefused(message);
  }

  @Test
  void refusesEveryTruncation() throws IOException {
    for (Mask mask : SparseDeltas.MASKS.subList(3, 6)) {
      write(good(mask));
      byte[] bytes = Files.readAllBytes(folder.resolve("hostile"));
      for (int length = 0; length < bytes.length; length++) {
        replace(Arrays.copyOf(bytes, length));
        assertRefused("hostile: expected ");
      }
    }
  }

  /** The digest covers what the layout does not: no byte can change unnoticed. */
  @Test
  void noticesAFlippedBitInAnyByte() throws IOException {
    Path path = folder.resolve("hostile");
    SparseDeltaFile.write(path, SparseDeltas.view(SparseDeltas.MASKS.get(2), base()), true);
    byte[] bytes = Files.readAllBytes(path);
    for (int i = 0; i < bytes.length; i++) {
      byte before = bytes[i];
      bytes[i] ^= (byte) (1 << i % 8);
      replace(bytes);
      assertRefused("hostile: expected ");
      bytes[i] = before;
    }
  }

  /** A few bytes that claim a trillion elements must not take memory and time for them. */
  @Test
  void refusesClaimsBeyondWhatTheFileCouldHold() throws IOException {
    HostileContent content = good(SparseDeltas.MASKS.get(0));
    content.text("darex.mask", random("1", "0.999999999999")).kept(0).values().shape(1L << 40);
    write(content);
    assertRefused("elements in all for tensor w0, got [1099511627776]");
    content.shape(1L << 30);
    write(content);
    assertThat(SparseDeltaFile.read(folder.resolve("hostile")).kept().get("w0").kept()).isZero();
  }

  private static InMemoryCheckpoint base() {
    return SparseDeltas.base(SHAPE);
  }

  /** All of these files, and those they were before they were spoilt. */
  static void writeAll(Path folder) throws IOException {
    int number = 0;
    for (Arguments each : faults().toList()) {
      Mask mask = SparseDeltas.MASKS.get((int) each.get()[0]);
      HostileContent content = good(folder.resolve("good-" + mask.kind().replace(':', '-')), mask);
      @SuppressWarnings("unchecked")
      Consumer<HostileContent> fault = (Consumer<HostileContent>) each.get()[2];
      fault.accept(content);
      content.write(folder.resolve("hostile-" + number++));
    }
  }

  private HostileContent good(Mask mask) throws IOException {
    return good(folder.resolve("good"), mask);
  }

  private static HostileContent good(Path path, Mask mask) throws IOException {
    WriteOptions options = WriteOptions.defaults().withForce(true);
    SparseDeltaFile.write(path, SparseDeltas.view(mask, base()), false, options);
    Safetensors file = Safetensors.open(path);
    HostileContent content = new HostileContent();
    content.texts.putAll(file.metadata());
    content.tensors.putAll(file.tensors());
    return content;
  }

  private void write(HostileContent content) throws IOException {
    content.write(folder.resolve("hostile"));
  }

  /** A new file each time: to truncate one takes a journalling file system milliseconds. */
  private void replace(byte[] bytes) throws IOException {
    Files.deleteIfExists(folder.resolve("hostile"));
    Files.write(folder.resolve("hostile"), bytes);
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> SparseDeltaFile.read(folder.resolve("hostile")))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("hostile: expected ")
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1000).hasLineCount(1));
  }

  private static String random(String seed, String dropRate) {
    return "{\"kind\":\"random\",\"seed\":\"" + seed + "\",\"dropRate\":" + dropRate + "}";
  }

  private static Arguments any(String name, Consumer<HostileContent> fault, String message) {
    return of(0, name, fault, message);
  }

  private static Arguments mask(String json, String message) {
    return text("darex.mask", json, message);
  }

  private static Arguments rate(double rate, String message) {
    return any("rate " + rate, c -> c.rate(rate), message);
  }

  private static Arguments shape(String message, long... shape) {
    return any("shape " + Arrays.toString(shape), c -> c.shape(shape), message);
  }

  private static Arguments table(String name, String message, int... table) {
    return any(
        "table " + name,
        c -> c.tensor(new HostileContent.Bytes("table", HostileContent.bytes(table))),
        message);
  }

  private static Arguments text(String key, String text, String message) {
    String name = text.length() <= 60 ? text : text.substring(0, 60) + "…";
    return any(key + " " + name, c -> c.text(key, text), message);
  }

  private static Arguments gaps(String name, Consumer<HostileContent> fault, String message) {
    return of(2, "gaps " + name, fault, message);
  }

  private static Arguments columns(String name, Consumer<HostileContent> fault, String message) {
    return of(3, "columns " + name, fault, message);
  }

  private static Arguments of(
      int mask, String name, Consumer<HostileContent> fault, String message) {
    return arguments(mask, name, fault, message);
  }
}
