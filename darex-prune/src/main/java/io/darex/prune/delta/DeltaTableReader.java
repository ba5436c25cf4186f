package io.darex.prune.delta;

import io.darex.prune.Tensor;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.tensor.ByteTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads a {@link DeltaTable} as if an enemy had written it. */
final class DeltaTableReader {
  /** As large as a header may be; a table has about as much to say. */
  private static final int MAX_BYTES = 100_000_000;

  /** What a table takes in memory, in times of its length. */
  private static final long TABLE_MEMORY = 64;

  /**
   * Bytes of all names for each byte of the table: a name like another can be long in a few bytes.
   */
  private static final long MAX_NAMES_PER_BYTE = 1 << 10;

  private final Path path;
  private final String table;
  private final ByteBuffer bytes;

  private DeltaTableReader(Path path, String table, ByteBuffer bytes) {
    this.path = path;
    this.table = table;
    this.bytes = bytes;
  }

  /** Reads one number or text of a table. */
  @FunctionalInterface
  private interface Reader<T> {
    T read() throws IOException;
  }

  /**
   * Reads a table. What it says of places and values is not compared with them.
   *
   * @param table U8 {@code [bytes]}
   * @throws MalformedFileException naming the byte of the first fault
   */
  static DeltaTable read(Path path, Tensor table, DeltaTable.Parts parts) throws IOException {
    long length = table.count();
    if (length > MAX_BYTES) {
      throw new MalformedFileException(
          path, table.name() + " to have at most " + MAX_BYTES + " bytes", length);
    }
    if (length * TABLE_MEMORY > Runtime.getRuntime().maxMemory()) {
      throw new OutOfMemoryError(
          path + " has a table of " + length + " bytes, which takes " + TABLE_MEMORY + " times");
    }
    ByteBuffer bytes = ByteBuffer.wrap(ByteTensor.of(table)).order(ByteOrder.LITTLE_ENDIAN);
    return new DeltaTableReader(path, table.name(), bytes).table(parts);
  }

  private DeltaTable table(DeltaTable.Parts parts) throws IOException {
    int tensors = (int) number("a number of tensors", bytes.remaining());
    List<String> names = names(tensors);
    Distinct<long[]> shapes = distinct(tensors, "shape", this::shape);
    if (tensors > 0 && shapes.values().isEmpty()) {
      throw fault("a shape", "none");
    }
    long[] kept = new long[tensors];
    for (int i = 0; i < tensors; i++) {
      kept[i] = number("a number of kept entries", Long.MAX_VALUE);
    }
    int[] parameters = new int[tensors];
    for (int i = 0; i < tensors && parts.places(); i++) {
      parameters[i] = kept[i] == 0 ? 0 : parameter();
    }
    float[] magnitudes = new float[tensors];
    for (int i = 0; i < tensors && parts.signs(); i++) {
      magnitudes[i] = kept[i] == 0 ? 0 : magnitude();
    }
    Distinct<Double> q = distinct(tensors, "q", this::q);
    if (q.values().isEmpty()) {
      throw fault("a q", "none");
    }
    Distinct<Double> rates = distinct(tensors, "drop rate", this::f64);
    boolean hasRates = !rates.values().isEmpty();
    if (bytes.hasRemaining()) {
      throw fault("the end", bytes.remaining() + " bytes more");
    }
    List<DeltaTable.Row> rows = new ArrayList<>();
    for (int i = 0; i < tensors; i++) {
      rows.add(
          new DeltaTable.Row(
              names.get(i),
              shapes.each().get(i),
              kept[i],
              parameters[i],
              magnitudes[i],
              q.each().get(i),
              hasRates ? rates.each().get(i) : 0));
    }
    return new DeltaTable(rows, q.values().get(0), hasRates);
  }

  private List<String> names(int tensors) throws IOException {
    long most = MAX_NAMES_PER_BYTE * bytes.limit();
    long length = 0;
    List<byte[]> names = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < tensors; i++) {
      byte[] name = name(names);
      length += name.length;
      if (length > most) {
        throw fault("names of at most " + most + " bytes in all", "more");
      }
      String text = text(name);
      if (i > 0 && Arrays.compareUnsigned(names.get(i - 1), name) >= 0) {
        throw fault("names in rising order", "'" + text + "' after '" + texts.get(i - 1) + "'");
      }
      names.add(name);
      texts.add(text);
    }
    return texts;
  }

  private byte[] name(List<byte[]> before) throws IOException {
    int most = Math.min(DeltaTable.MAX_BACK, before.size());
    int back = (int) number("a name like one of the " + most + " before it", most);
    byte[] like = back == 0 ? new byte[0] : before.get(before.size() - back);
    int prefix = 0;
    int suffix = 0;
    if (back > 0) {
      prefix = (int) number("a beginning of at most " + like.length + " bytes", like.length);
      int rest = like.length - prefix;
      suffix = (int) number("an end of at most " + rest + " bytes", rest);
    }
    int middle = (int) number("a length of a name", bytes.remaining());
    require(middle, "the " + middle + " bytes that a name has of its own");
    byte[] name = new byte[prefix + middle + suffix];
    System.arraycopy(like, 0, name, 0, prefix);
    bytes.get(name, prefix, middle);
    System.arraycopy(like, like.length - suffix, name, prefix + middle, suffix);
    return name;
  }

  private String text(byte[] utf8) throws IOException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw fault("names in UTF-8", "other bytes");
    }
  }

  private long[] shape() throws IOException {
    long[] shape = new long[(int) number("a rank", DeltaTable.MAX_RANK)];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = number("a dimension", Long.MAX_VALUE);
    }
    return shape;
  }

  private int parameter() throws IOException {
    require(1, "a parameter");
    int parameter = bytes.get() & 0xFF;
    if (parameter > RiceCode.MAX_PARAMETER) {
      throw fault("parameters of at most " + RiceCode.MAX_PARAMETER, parameter);
    }
    return parameter;
  }

  private float magnitude() throws IOException {
    require(Float.BYTES, "a magnitude");
    float magnitude = bytes.getFloat();
    if (!Float.isFinite(magnitude) || Float.floatToRawIntBits(magnitude) < 0) {
      throw fault("magnitudes that are finite and have no sign", magnitude);
    }
    return magnitude;
  }

  private double q() throws IOException {
    double q = f64();
    // It is fp32 that entries are divided by.
    if (!(q <= 1 && (float) q > 0)) {
      throw fault("every q in (0, 1]", q);
    }
    return q;
  }

  private double f64() throws IOException {
    require(Double.BYTES, "a number");
    return bytes.getDouble();
  }

  /** The values that the table lists, and that of each tensor; none if it lists none. */
  private record Distinct<T>(List<T> values, List<T> each) {}

  private <T> Distinct<T> distinct(int tensors, String what, Reader<T> reader) throws IOException {
    int left = bytes.remaining();
    int count = (int) number("a number of values of " + what, left);
    List<T> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(reader.read());
    }
    List<T> each = new ArrayList<>();
    for (int i = 0; i < tensors && count > 0; i++) {
      String expected = "one of " + count + " values of " + what;
      each.add(values.get(count == 1 ? 0 : (int) number(expected, count - 1)));
    }
    return new Distinct<>(values, each);
  }

  private long number(String expected, long most) throws IOException {
    long number = 0;
    for (int shift = 0; shift < Long.SIZE - 1; shift += 7) {
      require(1, expected);
      byte next = bytes.get();
      number |= (next & 0x7FL) << shift;
      if (next >= 0) {
        if (next == 0 && shift > 0) {
          throw fault("numbers in as few bytes as they need", "more for " + number);
        }
        if (number > most) {
          throw fault(expected, number);
        }
        return number;
      }
    }
    throw fault("numbers below 2^63", "more");
  }

  private void require(int length, String expected) throws IOException {
    if (bytes.remaining() < length) {
      throw fault(expected, "the end");
    }
  }

  private MalformedFileException fault(String expected, Object found) {
    return new MalformedFileException(
        path, expected + " in " + table + ", byte " + bytes.position(), found);
  }
}
