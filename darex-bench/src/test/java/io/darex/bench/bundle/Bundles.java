package io.darex.bench.bundle;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.nd4j.shade.protobuf.ByteString;
import org.tensorflow.framework.DataType;
import org.tensorflow.framework.TensorShapeProto;
import org.tensorflow.util.BundleEntryProto;
import org.tensorflow.util.BundleHeaderProto;

/** Writes bundles as TensorFlow does, for tests. */
public final class Bundles {
  private final SortedMap<String, ByteString> entries = new TreeMap<>();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  /** A bundle with the header of one shard. */
  public Bundles() {
    entries.put("", BundleHeaderProto.newBuilder().setNumShards(1).build().toByteString());
  }

  /** Adds a tensor behind those that are there. */
  public Bundles add(String name, float[] values, long... shape) {
    return entry(name, tensor(values, shape));
  }

  /** Adds the data of a tensor, and gives its entry. */
  BundleEntryProto.Builder tensor(float[] values, long... shape) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    TensorShapeProto.Builder dims = TensorShapeProto.newBuilder();
    for (long size : shape) {
      dims.addDim(TensorShapeProto.Dim.newBuilder().setSize(size));
    }
    BundleEntryProto.Builder entry =
        BundleEntryProto.newBuilder()
            .setDtype(DataType.DT_FLOAT)
            .setShape(dims)
            .setOffset(data.size())
            .setSize(bytes.capacity())
            .setCrc32C(Crc32c.masked(bytes.array()));
    data.writeBytes(bytes.array());
    return entry;
  }

  Bundles entry(String name, BundleEntryProto.Builder entry) {
    entries.put(name, entry.build().toByteString());
    return this;
  }

  Bundles header(BundleHeaderProto.Builder header) {
    entries.put("", header.build().toByteString());
    return this;
  }

  /** The bytes of {@code variables.data}. */
  public byte[] data() {
    return data.toByteArray();
  }

  BundleData read() throws IOException {
    return BundleData.read(new ByteArrayInputStream(data()));
  }

  /** The bytes of {@code variables.index}: two blocks of entries and one that lists them. */
  public byte[] index() {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    SortedMap<String, ByteString> handles = new TreeMap<>();
    SortedMap<String, ByteString> part = new TreeMap<>();
    int left = entries.size();
    for (String name : entries.keySet()) {
      part.put(name, entries.get(name));
      left--;
      if (left == 0 || left == entries.size() / 2) {
        handles.put(name, block(file, part));
        part.clear();
      }
    }
    ByteString handle = block(file, handles);
    ByteString statistics = block(file, new TreeMap<>());
    byte[] both = statistics.concat(handle).toByteArray();
    ByteBuffer footer = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN).put(both);
    footer.putLong(40, 0xDB4775248B80FB57L);
    file.writeBytes(footer.array());
    return file.toByteArray();
  }

  /** Writes a block, and gives what says where it is. */
  private static ByteString block(
      ByteArrayOutputStream file, SortedMap<String, ByteString> entries) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    byte[] before = {};
    for (String name : entries.keySet()) {
      byte[] key = name.getBytes(StandardCharsets.UTF_8);
      int shared = 0;
      while (shared < Math.min(key.length, before.length) && key[shared] == before[shared]) {
        shared++;
      }
      varint(block, shared);
      varint(block, key.length - shared);
      varint(block, entries.get(name).size());
      block.write(key, shared, key.length - shared);
      block.writeBytes(entries.get(name).toByteArray());
      before = key;
    }
    block.writeBytes(little(0)); // where a key is whole: at the beginning
    block.writeBytes(little(1)); // one such place
    ByteArrayOutputStream handle = new ByteArrayOutputStream();
    varint(handle, file.size());
    varint(handle, block.size());
    block.write(0); // not compressed
    CRC32C crc = new CRC32C();
    crc.update(block.toByteArray());
    file.writeBytes(block.toByteArray());
    file.writeBytes(little(Crc32c.masked(crc)));
    return ByteString.copyFrom(handle.toByteArray());
  }

  private static byte[] little(int value) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while (rest > 127) {
      out.write((int) ((rest & 127) | 128));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
