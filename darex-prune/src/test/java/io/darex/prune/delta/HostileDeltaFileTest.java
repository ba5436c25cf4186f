package io.darex.prune.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.darex.prune.DType;
import io.darex.prune.Mask;
import io.darex.prune.Tensor;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import io.darex.prune.tensor.LongTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
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

  /** A good file's content without a digest, to be spoilt. */
  private static final class Content {
    private final SortedMap<String, String> texts = new TreeMap<>();
    private final SortedMap<String, Tensor> tensors = new TreeMap<>();

    Content text(String key, String text) {
      texts.put(key, text);
      return this;
    }

    Content without(String key) {
      texts.remove(key);
      tensors.remove(key);
      return this;
    }

    Content tensor(Tensor tensor) {
      tensors.put(tensor.name(), tensor);
      return this;
    }

    float[] floats(String key) {
      Tensor tensor = tensors.get(key);
      float[] values = new float[(int) tensor.count()];
      tensor.read(0, values, 0, values.length);
      return values;
    }

    /** The tensor with its first value replaced. */
    Content first(String key, float value) {
      float[] values = floats(key);
      values[0] = value;
      return tensor(new FloatTensor(key, new long[] {values.length}, values));
    }

    /** The tensor with one value less. */
    Content shorter(String key) {
      float[] values = floats(key);
      float[] fewer = Arrays.copyOf(values, values.length - 1);
      return tensor(new FloatTensor(key, new long[] {fewer.length}, fewer));
    }

    /** Two kept values at these gaps. */
    Content gaps(int... bytes) {
      byte[] gaps = new byte[bytes.length];
      for (int i = 0; i < bytes.length; i++) {
        gaps[i] = (byte) bytes[i];
      }
      return tensor(new FloatTensor("kept:w0", new long[] {2}, new float[2]))
          .tensor(new Bytes("gaps:w0", gaps));
    }

    /** Eight kept values in these columns. */
    Content columns(long... columns) {
      return tensor(new FloatTensor("kept:w0", new long[] {8}, new float[8]))
          .tensor(new LongTensor("columns:w0", columns));
    }
  }

  private record Bytes(String name, DType dtype, ByteBuffer all) implements Tensor {
    Bytes(String name, byte[] bytes) {
      this(name, DType.U8, ByteBuffer.wrap(bytes));
    }

    @Override
    public long[] shape() {
      return new long[] {all.capacity() / dtype.bytes()};
    }

    @Override
    public void read(long from, float[] into, int offset, int length) {
      throw new IllegalStateException();
    }

    @Override
    public ByteBuffer bytes(long from, int length) {
      return all.slice((int) from * dtype.bytes(), length * dtype.bytes())
          .order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  static Stream<Arguments> faults() {
    return Stream.of(
        any("no delta", c -> c.without("darex.format"), "a sparse delta, which has darex.format"),
        any("version", c -> c.text("darex.format", "2"), "expected darex.format 1, got 2"),
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
        mask(random("1", "{}"), "needs a parameter 'overall'"),
        mask(random("1", "0.9,\"overall\":0.9"), "mask random has no parameter 'overall'"),
        rates("{}", "a dropRate in darex.mask for each kept:NAME, got one without the other: [w0]"),
        rates("{\"w0\":0.9,\"v\":0.9}", "got one without the other: [v]"),
        rates("{\"w0\":1}", "as many values in kept:w0 as the mask could keep"),
        rates("{\"w0\":1.5}", "tensor w0: dropRate must be in [0, 1), got 1.5"),
        rates("{\"w0\":null}", "needs numbers by name as 'dropRate', got 'w0': null"),
        rates("{\"w0\":0.9,\"w0\":0.9}", "Duplicate field 'w0'"),
        rates("{\"w0\":0.1}", "as many values in kept:w0 as the mask"),
        mask(random("1", "{\"w0\":0.9},\"overall\":1"), "dropRate must be in [0, 1), got 1.0"),
        mask(random("1", "{\"w0\":0.9},\"overall\":{}"), "needs a number as 'overall'"),
        mask(
            "{\"kind\":\"magnitude\",\"dropRate\":{\"w0\":0.9},\"overall\":0.9,\"scope\":\"model\"}",
            "mask magnitude with scope model cannot have a dropRate for each tensor"),
        mask(
            "{\"kind\":\"n:m\",\"dropRate\":{\"w0\":0.5},\"overall\":0.5,\"keep\":\"2:4\"}",
            "mask n:m has no parameter 'dropRate'; it has [keep]"),
        mask(
            "{\"kind\":\"wanda\",\"dropRate\":0.9}",
            "gaps:NAME for each kept:NAME of mask wanda, got one without the other: [w0]"),
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
        mask(
            "{\"kind\":\"magnitude\",\"dropRate\":0.9,\"scope\":\"tensor\"}",
            "gaps:NAME for each kept:NAME of mask magnitude, got one without the other: [w0]"),
        mask(
            "{\"kind\":\"columns\",\"seed\":1,\"dropRate\":0.9}",
            "columns:NAME for each kept:NAME of mask columns"),
        mask(random("43", "0.9"), "as many values in kept:w0 as the mask keeps"),
        q("0", "every q in (0, 1]"),
        q("-0.1", "every q in (0, 1]"),
        q("1.0000001", "every q in (0, 1]"),
        q("1e-60", "every q in (0, 1]"),
        q("\"0.1\"", "darex.q to be a JSON object of the documented form"),
        q("null", "darex.q to be a JSON object of the documented form"),
        q("NaN", "darex.q to be a JSON object of the documented form"),
        any(
            "q null",
            c -> c.text("darex.q", "{\"fallback\":1,\"tensors\":{\"w0\":null}}"),
            "(0, 1]"),
        any("no q", c -> c.text("darex.q", "{\"fallback\":0.1}"), "every q in (0, 1]"),
        any(
            "stray q",
            c -> c.text("darex.q", "{\"fallback\":1,\"tensors\":{\"v\":1}}"),
            "darex.q to name kept tensors only, got 'v'"),
        shapes("{}", "a shape in darex.shapes for each kept:NAME, got one without the other: [w0]"),
        shapes("{\"w0\":[4,50],\"v\":[1]}", "got one without the other: [v]"),
        shapes("{\"w0\":null}", "a shape of at most"),
        shapes("{\"w0\":[-4,-50]}", "elements in all for tensor w0, got [-4, -50]"),
        shapes("{\"w0\":[1152921504606846976]}", "got [1152921504606846976]"),
        shapes("{\"w0\":[4294967296,4294967296]}", "got [4294967296, 4294967296]"),
        shapes("{\"w0\":[9223372036854775808]}", "darex.shapes to be a JSON object"),
        shapes("{\"w0\":[4.5]}", "darex.shapes to be a JSON object"),
        shapes("{\"w0\":[\"4\"]}", "darex.shapes to be a JSON object"),
        shapes("{\"w0\":" + "[".repeat(5000), "darex.shapes to be a JSON object"),
        shapes("{\"w0\":[1000000]}", "as the mask could keep of 1000000 elements, got"),
        shapes("{\"w0\":[4,60]}", "as many values in kept:w0 as the mask keeps"),
        any("missing value", c -> c.shorter("kept:w0"), "as the mask keeps, which is more"),
        any(
            "stray tensor",
            c -> c.tensor(new FloatTensor("stray", new long[] {1}, new float[1])),
            "[kept:, gaps:, columns:, whole:, file:], got 'stray'"),
        any(
            "half a character",
            c -> c.tensor(new FloatTensor("whole:\ud800", new long[] {1}, new float[1])),
            "a JSON object as header, got Broken surrogate pair"),
        any(
            "kept and whole",
            c -> c.tensor(new FloatTensor("whole:w0", new long[] {1}, new float[1])),
            "either kept:w0 or whole:w0, got both"),
        any(
            "gaps of a drawn mask",
            c -> c.tensor(new Bytes("gaps:w0", new byte[1])),
            "no gaps:NAME with mask random, got [w0]"),
        any(
            "columns of a drawn mask",
            c -> c.tensor(new LongTensor("columns:w0", new long[1])),
            "no columns:NAME with mask random, got [w0]"),
        any(
            "integer values",
            c -> c.tensor(new LongTensor("kept:w0", new long[20])),
            "kept:w0 to be one-dimensional and F32, F16 or BF16, got I64"),
        any(
            "matrix of values",
            c -> c.tensor(new FloatTensor("kept:w0", new long[] {1, 1}, new float[1])),
            "kept:w0 to be one-dimensional and F32, F16 or BF16, got F32 of shape [1, 1]"),
        any(
            "NaN kept",
            c -> c.first("kept:w0", Float.NaN),
            "tensor kept:w0, element 0: expected a finite number, got NaN"),
        any(
            "stray file",
            c -> c.tensor(new Bytes("file:spiece.model", new byte[1])),
            "a digest in darex.files for each file:NAME, got spiece.model"),
        gaps("of floats", c -> c.tensor(new LongTensor("gaps:w0", new long[1])), "gaps:w0 to be"),
        gaps("empty", c -> c.gaps(), "gaps:w0 to have a count for each of 1 blocks, got 0"),
        gaps("too many", c -> c.gaps(0xC9, 1), "at most 200 kept elements in gaps:w0, block 0"),
        gaps("more", c -> c.gaps(3, 0, 0, 0), "as many kept elements as there are values, 2"),
        gaps("fewer", c -> c.gaps(1, 0), "to keep as many elements as there are values, 2, got 1"),
        gaps("past the end", c -> c.gaps(2, 0x63, 0x64), "gaps that end within 200 elements"),
        gaps("past the end at once", c -> c.gaps(2, 0xC8, 1, 0), "gaps that end within 200"),
        gaps("cut", c -> c.gaps(2, 0), "another byte in gaps:w0, block 0, byte 2, got the end"),
        gaps("cut within", c -> c.gaps(2, 0, 0x80), "another byte in gaps:w0, block 0, byte 3"),
        gaps("trailing", c -> c.gaps(2, 0, 0, 0), "to end with its last block at byte 3, got 4"),
        gaps("long number", c -> c.gaps(2, 0x80, 0), "as few bytes as they need in gaps:w0"),
        gaps("endless", c -> c.gaps(2, 0x80, 0x80, 0x80, 0), "numbers of at most 3 bytes in gaps"),
        columns("of bytes", c -> c.tensor(new Bytes("columns:w0", new byte[2])), "to be one-dim"),
        columns("falling", c -> c.columns(3, 2), "kept columns must rise and be below 50, got 2"),
        columns("twice", c -> c.columns(3, 3), "kept columns must rise and be below 50, got 3"),
        columns(
            "negative", c -> c.columns(-1, 3), "kept columns must rise and be below 50, got -1"),
        columns("beyond", c -> c.columns(3, 50), "kept columns must rise and be below 50, got 50"),
        columns("fewer", c -> c.columns(3), "in kept:w0 as the mask keeps, 4, got 8"),
        columns(
            "2^62", c -> c.columns(3, 1L << 62), "must rise and be below 50, got 461168601842"));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("faults")
  void namesTheFault(int mask, String name, Consumer<Content> fault, String message)
      throws IOException {
    Content content = good(SparseDeltas.MASKS.get(mask));
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
    Content content = good(SparseDeltas.MASKS.get(0));
    content
        .text("darex.mask", random("1", "0.999999999999"))
        .tensor(new FloatTensor("kept:w0", new long[] {0}, new float[0]))
        .text("darex.shapes", "{\"w0\":[1099511627776]}");
    write(content);
    assertRefused("elements in all for tensor w0, got [1099511627776]");
    content.text("darex.shapes", "{\"w0\":[1073741824]}");
    write(content);
    assertThat(SparseDeltaFile.read(folder.resolve("hostile")).kept().get("w0").kept()).isZero();
  }

  private static InMemoryCheckpoint base() {
    return SparseDeltas.base(SHAPE);
  }

  private Content good(Mask mask) throws IOException {
    Path path = folder.resolve("good");
    WriteOptions options = WriteOptions.defaults().withForce(true);
    SparseDeltaFile.write(path, SparseDeltas.view(mask, base()), false, options);
    Safetensors file = Safetensors.open(path);
    Content content = new Content();
    content.texts.putAll(file.metadata());
    content.tensors.putAll(file.tensors());
    return content;
  }

  private void write(Content content) throws IOException {
    Safetensors.write(folder.resolve("hostile"), content.tensors.values(), content.texts, true);
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

  private static Arguments any(String name, Consumer<Content> fault, String message) {
    return arguments(0, name, fault, message);
  }

  private static Arguments mask(String json, String message) {
    return text("darex.mask", json, message);
  }

  private static Arguments rates(String json, String message) {
    return mask(random("42", json + ",\"overall\":0.9"), message);
  }

  private static Arguments q(String fallback, String message) {
    return text("darex.q", "{\"fallback\":" + fallback + ",\"tensors\":{}}", message);
  }

  private static Arguments shapes(String json, String message) {
    return text("darex.shapes", json, message);
  }

  private static Arguments text(String key, String text, String message) {
    String name = text.length() <= 60 ? text : text.substring(0, 60) + "…";
    return any(key + " " + name, c -> c.text(key, text), message);
  }

  private static Arguments gaps(String name, Consumer<Content> fault, String message) {
    return arguments(2, "gaps " + name, fault, message);
  }

  private static Arguments columns(String name, Consumer<Content> fault, String message) {
    return arguments(3, "columns " + name, fault, message);
  }
}
