package io.darex.bench.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The data of a bundle, read from a stream before it is known what they are. What is taken is
 * freed: memory holds everything once.
 */
public final class BundleData {
  private static final int CHUNK = 1 << 22;

  private final List<byte[]> chunks = new ArrayList<>();
  private long length;

  /** Reads a stream to its end. */
  public static BundleData read(InputStream stream) throws IOException {
    BundleData data = new BundleData();
    byte[] chunk;
    do {
      chunk = stream.readNBytes(CHUNK);
      data.chunks.add(chunk);
      data.length += chunk.length;
    } while (chunk.length == CHUNK);
    return data;
  }

  long length() {
    return length;
  }

  /**
   * Numbers from byte {@code offset}, a multiple of four, on. Everything before them is forgotten.
   *
   * @param crc sees the bytes
   */
  float[] take(long offset, int count, CRC32C crc) {
    float[] values = new float[count];
    int done = 0;
    while (done < count) {
      long at = offset + (long) Float.BYTES * done;
      int chunk = (int) (at / CHUNK);
      int from = (int) (at % CHUNK);
      int here = Math.min(count - done, (chunks.get(chunk).length - from) / Float.BYTES);
      ByteBuffer bytes = ByteBuffer.wrap(chunks.get(chunk), from, here * Float.BYTES);
      crc.update(bytes.duplicate());
      bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values, done, here);
      done += here;
      for (int old = chunk - 1; old >= 0 && chunks.get(old) != null; old--) {
        chunks.set(old, null);
      }
    }
    return values;
  }
}
