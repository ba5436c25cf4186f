package io.darex.prune.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Checkpoints;
import io.darex.prune.DType;
import io.darex.prune.Tensor;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.folder.Hostile;
import io.darex.prune.tensor.Narrowing;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
  @TempDir Path folder;

  @Test
  void givesBackWhatWasWritten() throws IOException {
    Path path = folder.resolve("a.safetensors");
    Tensor matrix = Checkpoints.random(1, "b.weight", 1, 3, 5);
    Tensor scalar = Checkpoints.random(2, "ünï\"code", 1);
    Tensor empty = Checkpoints.random(3, "empty", 1, 0, 7);
    Safetensors.write(path, List.of(matrix, scalar, empty), Map.of("k", "v\n"), false);
    Safetensors read = Safetensors.open(path);
    assertThat(read.metadata()).isEqualTo(Map.of("k", "v\n"));
    assertThat(read.tensors()).containsOnlyKeys("b.weight", "empty", "ünï\"code");
    for (Tensor tensor : List.of(matrix, scalar, empty)) {
      Tensor back = read.tensors().get(tensor.name());
      assertThat(back.shape()).isEqualTo(tensor.shape());
      assertThat(Checkpoints.values(back)).isEqualTo(Checkpoints.values(tensor));
    }
    assertThat(read.tensors().get("b.weight").at(14)).isEqualTo(matrix.at(14));
    assertThatThrownBy(() -> read.tensors().get("b.weight").at(15))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void writesTheSameBytesInAnyOrderWithAnAlignedHeader() throws IOException {
    Tensor a = Checkpoints.random(1, "a", 1, 3);
    Tensor b = Checkpoints.random(2, "b", 1, 2);
    Path one = folder.resolve("one");
    Path two = folder.resolve("two");
    Safetensors.write(one, List.of(a, b), Map.of("x", "1", "y", "2"), false);
    Safetensors.write(two, List.of(b, a), Map.of("y", "2", "x", "1"), false);
    assertThat(two).hasSameBinaryContentAs(one);
    assertThat(
            ByteBuffer.wrap(Files.readAllBytes(one)).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8)
        .isZero();
  }

  @Test
  void widensHalvesAndRefusesIntegers() throws IOException {
    Path path = folder.resolve("halves");
    Hostile.write(
        path,
        "{\"h\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},"
            + "\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[4,8]},"
            + "\"i\":{\"dtype\":\"I16\",\"shape\":[1],\"data_offsets\":[8,10]}}",
        new byte[] {0, 0x3C, 1, 0, (byte) 0x80, 0x3F, 0, (byte) 0xC0, 7, 0});
    Safetensors read = Safetensors.open(path);
    assertThat(Checkpoints.values(read.tensors().get("h"))).containsExactly(1f, 0x1p-24f);
    assertThat(read.tensors().get("h").at(1)).isEqualTo(0x1p-24f);
    assertThat(Checkpoints.values(read.tensors().get("b"))).containsExactly(1f, -2f);
    assertThat(read.tensors().get("b").at(1)).isEqualTo(-2f);
    Tensor integers = read.tensors().get("i");
    assertThat(integers.dtype()).isEqualTo(DType.I16);
    assertThat(integers.bytes(0, 1).getShort()).isEqualTo((short) 7);
    assertThatThrownBy(() -> integers.at(0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> Checkpoints.values(integers)).hasMessageContaining("i is I16");
  }

  @Test
  void readsTensorsThatCrossEveryMappingOfALargeFile() throws IOException {
    Path path = folder.resolve("large");
    long count = 700_000_000L;
    long[] places = {0, 268_435_450, 268_435_456, 536_870_912, count - 1};
    String header =
        Hostile.padded(
            "{\"w\":{\"dtype\":\"F32\",\"shape\":[700000000],\"data_offsets\":[0,2800000000]}}");
    int start = 8 + header.length();
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.write(Hostile.bytes(header, new byte[0]));
      // A sparse file: only the touched pages exist.
      file.setLength(start + 4 * count);
      for (int i = 0; i < places.length; i++) {
        file.seek(start + 4 * places[i]);
        file.writeInt(Integer.reverseBytes(Float.floatToIntBits(i + 1f)));
      }
    }
    Tensor w = Safetensors.open(path).tensors().get("w");
    for (int i = 0; i < places.length; i++) {
      assertThat(w.at(places[i])).isEqualTo(i + 1f);
    }
    float[] around = new float[8];
    w.read(268_435_450, around, 0, 8);
    assertThat(around).containsExactly(2, 0, 0, 0, 0, 0, 3, 0);
    w.read(count - 1, around, 0, 1);
    assertThat(around[0]).isEqualTo(5f);
  }

  /** Five GiB of BF16, more elements than an int counts, and a small tensor after it. */
  @Test
  void readsTensorsBeyondTwoToThe31() throws IOException {
    Path path = folder.resolve("huge");
    long count = 5L << 29;
    long[] places = {0, (1L << 29) - 1, 1L << 29, (1L << 31) - 1, 1L << 31, count - 1};
    String header =
        Hostile.padded(
            "{\"h\":{\"dtype\":\"BF16\",\"shape\":[5,536870912],\"data_offsets\":[0,5368709120]},"
                + "\"z\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[5368709120,5368709124]}}");
    int start = 8 + header.length();
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.write(Hostile.bytes(header, new byte[0]));
      file.setLength(start + 2 * count + 4);
      for (int i = 0; i < places.length; i++) {
        file.seek(start + 2 * places[i]);
        file.writeShort(Short.reverseBytes(Narrowing.bf16(i + 1f)));
      }
      file.seek(start + 2 * count);
      file.writeInt(Integer.reverseBytes(Float.floatToIntBits(7f)));
    }
    Safetensors read = Safetensors.open(path);
    Tensor h = read.tensors().get("h");
    assertThat(h.count()).isEqualTo(count);
    assertThat(read.tensors().get("z").at(0)).isEqualTo(7f);
    float[] around = new float[4];
    for (int i = 0; i < places.length; i++) {
      assertThat(h.at(places[i])).isEqualTo(i + 1f);
      h.read(places[i], around, 2, 1);
      assertThat(around[2]).isEqualTo(i + 1f);
      assertThat(h.bytes(places[i], 1).getShort()).isEqualTo(Narrowing.bf16(i + 1f));
    }
    h.read((1L << 31) - 2, around, 0, 4);
    assertThat(around).containsExactly(0, 4, 5, 0);
    assertThatThrownBy(() -> h.at(count)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> h.bytes(count - 1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void doesNotOverwriteUnlessTold() throws IOException {
    Path path = folder.resolve("a");
    Safetensors.write(path, List.of(), Map.of(), false);
    assertThatThrownBy(() -> Safetensors.write(path, List.of(), Map.of(), false))
        .isInstanceOf(FileAlreadyExistsException.class);
    Safetensors.write(path, List.of(), Map.of("k", "v"), true);
    assertThat(Safetensors.open(path).metadata()).containsKey("k");
  }

  /** Each hostile header over sixteen data bytes, and what its message must say. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{`w`:{`dtype`:`F32`,`shape`:[3],`data_offsets`:[0,16]}} | 12 bytes for shape [3] of F32",
        "{`w`:{`dtype`:`F32`,`shape`:[4],`data_offsets`:[0,17]}} | stay within the 16 data bytes",
        "{`w`:{`dtype`:`F32`,`shape`:[4],`data_offsets`:[16,0]}} | data_offsets that rise",
        "{`w`:{`dtype`:`F32`,`shape`:[4],`data_offsets`:[-16,0]}} | from 0 to 2^63-1",
        "{`w`:{`dtype`:`F32`,`shape`:[4],`data_offsets`:[0,99999999999999999999]}} | 0 to 2^63-1",
        "{`w`:{`dtype`:`F32`,`shape`:[4],`data_offsets`:[0]}} | two data_offsets",
        "{`w`:{`dtype`:`F32`,`shape`:[4],`data_offsets`:[0,8,16]}} | at most 2",
        "{`w`:{`dtype`:`F32`,`shape`:[4.0],`data_offsets`:[0,16]}} | shape to hold integers",
        "{`w`:{`dtype`:`F32`,`shape`:4,`data_offsets`:[0,16]}} | shape to be an array",
        "{`w`:{`dtype`:`F33`,`shape`:[4],`data_offsets`:[0,16]}} | got 'F33'",
        "{`w`:{`dtype`:32,`shape`:[4],`data_offsets`:[0,16]}} | dtype to be a text",
        "{`w`:{`shape`:[4],`data_offsets`:[0,16]}} | dtype null",
        "{`w`:{`dtype`:`F32`,`shape`:[1152921504606846976,16],`data_offsets`:[0,16]}} | 2^63 bytes",
        "{`w`:{`dtype`:`F32`,`shape`:[1152921504606846976],`data_offsets`:[0,16]}} |"
            + " 46116860184273",
        "{`w`:{`dtype`:`F32`,`shape`:[2],`data_offsets`:[0,8]}} | the file to end with its last",
        "{`w`:{`dtype`:`F32`,`shape`:[2],`data_offsets`:[8,16]}} | a hole between tensors",
        "{`v`:{`dtype`:`F32`,`shape`:[3],`data_offsets`:[0,12]},"
            + "`w`:{`dtype`:`F32`,`shape`:[2],`data_offsets`:[8,16]}} | tensors overlap",
        "{`w`:{`dtype`:`F32`,`shape`:[2],`data_offsets`:[0,8]},"
            + "`w`:{`dtype`:`F32`,`shape`:[2],`data_offsets`:[8,16]}} | Duplicate",
        "{`w`:7} | tensor w to be an object",
        "{`__metadata__`:7} | __metadata__ to be an object",
        "{`__metadata__`:{`k`:7}} | __metadata__.k to be a text",
        "{`w`:{`dtype`:`F4`,`shape`:[31],`data_offsets`:[0,16]}} | a shape of whole bytes",
        "[] | a JSON object as header",
        "{`w`:{`dtype`:`F32`,`shape`:[4],`data_offsets`:[0,16]}} {} | nothing but spaces",
        "{`w`:{ | a JSON object as header",
        "nonsense | a JSON object as header",
      })
  void namesTheFaultOfAHostileHeader(String row) throws IOException {
    int bar = row.lastIndexOf(" | ");
    assertFault(
        Hostile.bytes(row.substring(0, bar).replace('`', '"'), new byte[16]),
        row.substring(bar + 3));
  }

  @Test
  void namesTheFaultOfAHostileFile() throws IOException {
    assertFault(new byte[] {1, 2, 3}, "at least the 8 bytes of the header length, got 3 bytes");
    assertFault(new byte[0], "got 0 bytes");
    assertFault(new byte[] {64, 0, 0, 0, 0, 0, 0, 0, '{', '}'}, "got 2 bytes: truncated");
    assertFault(new byte[] {0, 0, 0, 0, 0, 0, 0, (byte) 0x80}, "got 9223372036854775808");
    assertFault(new byte[] {0, 0, 0, 0, 1, 0, 0, 0}, "at most 100000000 bytes, got 4294967296");
    assertFault(new byte[8], "a JSON object as header");
    byte[] notUtf8 = Hostile.bytes("{\"w\":1}", new byte[0]);
    notUtf8[10] = (byte) 0xFF;
    assertFault(notUtf8, "a JSON object as header");
  }

  /** What lies where weights should when a download or a conversion went wrong. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "version https://git-lfs.github.com/spec/v1\\noid sha256:ab | a Git LFS pointer",
        "PK\\3\\4\\0\\0\\0\\0\\0\\0\\0\\0 | a zip archive, as torch.save writes it",
        "\\200\\2\\212\\12\\154\\374\\234\\106\\371 | a Python pickle",
        "<!DOCTYPE html><html>Access denied</html> | an HTML page",
        "\\n  <HTML lang=\"en\"> | an HTML page",
        "GGUF\\3\\0\\0\\0 | a GGUF file",
        "\\211HDF\\r\\n\\32\\n | an HDF5 file",
      })
  void saysWhatAForeignFileIs(String text, String message) throws IOException {
    byte[] content = text.translateEscapes().getBytes(StandardCharsets.ISO_8859_1);
    assertFault(content, "a safetensors file, got " + message);
  }

  @Test
  void aHeaderWhoseLengthLooksLikeAnotherFileIsStillOne() throws IOException {
    // 0x4650_4B_47… would be too long; a gzip's two bytes are a length of 35615.
    byte[] header = ("{" + " ".repeat(35613) + "}").getBytes(StandardCharsets.US_ASCII);
    ByteBuffer file = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
    Files.write(folder.resolve("odd"), file.putLong(header.length).put(header).array());
    assertThat(Safetensors.open(folder.resolve("odd")).tensors()).isEmpty();
  }

  @Test
  void metadataMayBeNull() throws IOException {
    byte[] file =
        Hostile.bytes(
            "{\"__metadata__\":null,\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
            new byte[4]);
    Path path = Files.write(folder.resolve("null"), file);
    assertThat(Safetensors.open(path).metadata()).isEmpty();
    assertThat(Safetensors.open(path).tensors()).containsOnlyKeys("w");
  }

  private void assertFault(byte[] content, String message) throws IOException {
    Path path = Files.write(folder.resolve("hostile"), content);
    assertThatThrownBy(() -> Safetensors.open(path))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("hostile: expected ")
        .hasMessageContaining(message);
  }
}
