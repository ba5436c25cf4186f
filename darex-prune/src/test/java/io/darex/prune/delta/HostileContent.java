package io.darex.prune.delta;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import io.darex.prune.delta.DeltaTable.Row;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.FloatTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A good file's content without a digest, to be spoilt. */
final class HostileContent {
  final SortedMap<String, String> texts = new TreeMap<>();
  final SortedMap<String, Tensor> tensors = new TreeMap<>();

  HostileContent text(String key, String text) {
    texts.put(key, text);
    return this;
  }

  HostileContent without(String key) {
    texts.remove(key);
    tensors.remove(key);
    return this;
  }

  HostileContent tensor(Tensor tensor) {
    tensors.put(tensor.name(), tensor);
    return this;
  }

  /** The values with the first one replaced. */
  HostileContent first(float value) {
    Tensor tensor = tensors.get("values");
    float[] values = new float[(int) tensor.count()];
    tensor.read(0, values, 0, values.length);
    values[0] = value;
    return values(values);
  }

  HostileContent values(float... values) {
    return tensor(new FloatTensor("values", new long[] {values.length}, values));
  }

  /** The table with its row replaced. */
  HostileContent row(UnaryOperator<Row> change) {
    DeltaTable old = table();
    Row changed = change.apply(old.rows().get(0));
    return table(new DeltaTable(List.of(changed), old.fallback(), old.hasRates()));
  }

  HostileContent kept(long kept) {
    return row(r -> new Row(r.name(), r.shape(), kept, r.parameter(), 0, r.q(), r.dropRate()));
  }

  HostileContent shape(long... shape) {
    return row(
        r -> new Row(r.name(), shape, r.kept(), r.parameter(), r.magnitude(), r.q(), r.dropRate()));
  }

  HostileContent magnitude(float mu) {
    return row(r -> new Row(r.name(), r.shape(), r.kept(), 0, mu, r.q(), r.dropRate()));
  }

  /** Signs in place of the values. */
  HostileContent signs(int... bytes) {
    DeltaTable table = table();
    return without("values").tensor(new Bytes("signs", bytes(bytes))).table(table);
  }

  HostileContent q(double q) {
    return row(r -> new Row(r.name(), r.shape(), r.kept(), r.parameter(), 0, q, r.dropRate()));
  }

  HostileContent rate(double rate) {
    Row r = table().rows().get(0);
    Row own = new Row(r.name(), r.shape(), r.kept(), r.parameter(), r.magnitude(), r.q(), rate);
    return table(new DeltaTable(List.of(own), table().fallback(), true));
  }

  /** Two entries, or columns, kept of the tensor, and these bytes as their places. */
  HostileContent places(int values, int parameter, int... bytes) {
    return row(r -> new Row(r.name(), r.shape(), 2, parameter, 0, r.q(), r.dropRate()))
        .values(new float[values])
        .tensor(new Bytes("places", bytes(bytes)));
  }

  HostileContent table(DeltaTable table) {
    return tensor(table.encode("table", parts()));
  }

  HostileContent table(Consumer<TableBytes> writer) {
    TableBytes bytes = new TableBytes();
    writer.accept(bytes);
    return tensor(new Bytes("table", bytes.toArray()));
  }

  void write(Path path) throws IOException {
    Safetensors.write(path, tensors.values(), texts, true);
  }

  private DeltaTable table() {
    try {
      return DeltaTableReader.read(Path.of("good"), tensors.get("table"), parts());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private DeltaTable.Parts parts() {
    return new DeltaTable.Parts(tensors.containsKey("places"), tensors.containsKey("signs"));
  }

  static byte[] bytes(int... bytes) {
    byte[] narrow = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      narrow[i] = (byte) bytes[i];
    }
    return narrow;
  }

  record Bytes(String name, DType dtype, ByteBuffer all) implements Tensor {
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
}
