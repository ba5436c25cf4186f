package io.darex.bench.bundle;

import io.darex.prune.file.MalformedFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.zip.CRC32C;
import org.nd4j.shade.protobuf.InvalidProtocolBufferException;
import org.tensorflow.framework.DataType;
import org.tensorflow.framework.TensorShapeProto;
import org.tensorflow.util.BundleEntryProto;
import org.tensorflow.util.BundleHeaderProto;

/**
 * The variables of a TensorFlow checkpoint: an index, which is a table of names, shapes and places,
 * and the data, which are raw little-endian numbers. One shard of fp32 is read.
 */
public final class TensorBundle {
  private static final String HEADER = "";

  private final Path file;
  private final SortedMap<String, BundleEntryProto> entries;

  private TensorBundle(Path file, SortedMap<String, BundleEntryProto> entries) {
    this.file = file;
    this.entries = entries;
  }

  /** Is given one tensor after the other. */
  @FunctionalInterface
  public interface Consumer {
    /**
     * Takes a tensor.
     *
     * @param values row-major
     */
    void accept(String name, long[] shape, float[] values);
  }

  /**
   * Reads an index.
   *
   * @param file to be named in errors
   * @throws MalformedFileException naming the fault, whatever the bytes are
   */
  public static TensorBundle of(Path file, byte[] index) throws MalformedFileException {
    SortedMap<String, byte[]> table = SortedTable.read(file, index);
    byte[] first = table.remove(HEADER);
    if (first == null) {
      throw new MalformedFileException(file, "the header of a bundle", "none");
    }
    try {
      BundleHeaderProto header = BundleHeaderProto.parseFrom(first);
      if (header.getNumShards() != 1
          || header.getEndianness() != BundleHeaderProto.Endianness.LITTLE) {
        throw new MalformedFileException(
            file,
            "a bundle of one little-endian shard",
            header.getNumShards() + " shards, endianness " + header.getEndiannessValue());
      }
      SortedMap<String, BundleEntryProto> entries = new TreeMap<>();
      for (String name : table.keySet()) {
        entries.put(name, BundleEntryProto.parseFrom(table.get(name)));
      }
      return new TensorBundle(file, entries);
    } catch (InvalidProtocolBufferException e) {
      throw new MalformedFileException(file, "entries of a bundle", e.getMessage());
    }
  }

  /**
   * Reads tensors, in the order of their data.
   *
   * @param wanted by name, which are read; the data are good for one reading
   * @throws MalformedFileException if one of them is not fp32, overlaps another, lies outside the
   *     data or is damaged
   */
  public void read(BundleData data, Predicate<String> wanted, Consumer consumer)
      throws MalformedFileException {
    List<String> names =
        entries.keySet().stream()
            .filter(wanted)
            .sorted(Comparator.comparingLong(name -> entries.get(name).getOffset()))
            .toList();
    long end = 0;
    for (String name : names) {
      BundleEntryProto entry = entries.get(name);
      long[] shape = shape(name, entry);
      int count = count(name, entry, shape);
      if (entry.getOffset() < end
          || entry.getOffset() % Float.BYTES != 0
          || entry.getOffset() > data.length() - entry.getSize()) {
        throw new MalformedFileException(
            file,
            name + " of " + entry.getSize() + " bytes between " + end + " and " + data.length(),
            "offset " + entry.getOffset());
      }
      CRC32C crc = new CRC32C();
      float[] values = data.take(entry.getOffset(), count, crc);
      end = entry.getOffset() + entry.getSize();
      if (entry.getCrc32C() != Crc32c.masked(crc)) {
        throw new MalformedFileException(
            file,
            name + " with the checksum " + Integer.toHexString(entry.getCrc32C()),
            Integer.toHexString(Crc32c.masked(crc)) + ": the file is damaged");
      }
      consumer.accept(name, shape, values);
    }
  }

  private long[] shape(String name, BundleEntryProto entry) throws MalformedFileException {
    TensorShapeProto shape = entry.getShape();
    if (entry.getDtype() != DataType.DT_FLOAT
        || entry.getShardId() != 0
        || entry.getSlicesCount() > 0
        || shape.getUnknownRank()) {
      throw new MalformedFileException(
          file,
          name + ": a whole fp32 tensor in shard 0",
          "dtype "
              + entry.getDtypeValue()
              + ", shard "
              + entry.getShardId()
              + ", "
              + entry.getSlicesCount()
              + " slices");
    }
    return shape.getDimList().stream().mapToLong(TensorShapeProto.Dim::getSize).toArray();
  }

  /** How many elements, which the size in bytes must agree with. */
  private int count(String name, BundleEntryProto entry, long[] shape)
      throws MalformedFileException {
    long bytes = Float.BYTES;
    try {
      for (long size : shape) {
        if (size < 0) {
          throw new ArithmeticException();
        }
        bytes = Math.multiplyExact(bytes, size);
      }
    } catch (ArithmeticException e) {
      bytes = -1;
    }
    if (bytes != entry.getSize() || bytes / Float.BYTES > Integer.MAX_VALUE - Long.BYTES) {
      throw new MalformedFileException(
          file, name + ": 4 bytes for each of " + Arrays.toString(shape), entry.getSize());
    }
    return (int) (bytes / Float.BYTES);
  }
}
