package io.darex.bench.bundle;

import java.util.zip.CRC32C;

/** The checksums of LevelDB and TensorFlow: CRC-32C, rotated and shifted before it is stored. */
final class Crc32c {
  private static final int ROTATION = 15;
  private static final int SHIFT = 0xA282EAD8;

  private Crc32c() {}

  static int masked(CRC32C crc) {
    return Integer.rotateRight((int) crc.getValue(), ROTATION) + SHIFT;
  }

  static int masked(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return masked(crc);
  }
}
