package io.darex.prune.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.prune.Tensor;
import io.darex.prune.file.Fuzz;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.folder.WeightFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Torch files with mutated zips and pickles. */
class TorchFuzzTest {
  /** Opcodes of all pickle protocols, and bytes that change lengths and numbers. */
  private static final byte[] BYTES = bytes();

  @TempDir Path folder;

  private static byte[] bytes() {
    String all =
        "(.012FGIKLJMNPQRSTUVXabcdeghijlopqrstu]})B\n\0\1\2\4\177\u00c8\u00fe\u00ff"
            + IntStream.range(0x80, 0x98)
                .mapToObj(Character::toString)
                .collect(Collectors.joining());
    return all.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void givesTensorsOrSaysWhatIsWrong() throws IOException {
    byte[] good = TorchZips.resource("weights.bin");
    Map<String, byte[]> entries = TorchZips.weights();
    Path path = folder.resolve("hostile.bin");
    Fuzz.run(
        random -> Fuzz.replace(path, file(good, entries, random)),
        () -> {
          for (Tensor tensor : WeightFile.read(path).values()) {
            // A file of a few kilobytes has no tensor that takes long.
            assertThat(tensor.count()).isLessThan(Files.size(path));
            assertThat(tensor.bytes(0, (int) tensor.count()).remaining())
                .isEqualTo((int) tensor.count() * tensor.dtype().bytes());
          }
        },
        Set.of(MalformedFileException.class));
  }

  private static byte[] file(byte[] good, Map<String, byte[]> entries, SplittableRandom random) {
    int kind = random.nextInt(10);
    if (kind < 3) {
      byte[] bytes = good;
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        // The end has the directory.
        int from = random.nextBoolean() ? 0 : bytes.length * 2 / 3;
        bytes = changed(bytes, from, random);
      }
      return bytes;
    }
    Map<String, byte[]> other = new LinkedHashMap<>(entries);
    List<String> names = new ArrayList<>(entries.keySet());
    String name = kind < 9 ? "weights/data.pkl" : names.get(random.nextInt(names.size()));
    byte[] bytes = other.get(name);
    for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
      bytes = changed(bytes, 0, random);
    }
    other.put(name, bytes);
    return TorchZips.zip(other, random.nextBoolean(), 0);
  }

  /** A bit flipped, a byte replaced, inserted or removed, a part repeated, or the end cut off. */
  private static byte[] changed(byte[] bytes, int from, SplittableRandom random) {
    if (bytes.length <= from) {
      return bytes;
    }
    int at = from + random.nextInt(bytes.length - from);
    byte any = BYTES[random.nextInt(BYTES.length)];
    return switch (random.nextInt(8)) {
      case 0, 1 -> spliced(bytes, at, at + 1, (byte) (bytes[at] ^ 1 << random.nextInt(8)));
      case 2, 3 -> spliced(bytes, at, at + 1, any);
      case 4 -> spliced(bytes, at, at, any);
      case 5 -> spliced(bytes, at, at + 1);
      case 6 -> {
        int end = Math.min(bytes.length, at + 1 + random.nextInt(60));
        yield spliced(bytes, at, at, Arrays.copyOfRange(bytes, at, end));
      }
      default ->
          random.nextInt(4) == 0 ? Arrays.copyOf(bytes, at) : spliced(bytes, at, at + 1, any);
    };
  }

  private static byte[] spliced(byte[] bytes, int from, int to, byte... instead) {
    byte[] other = Arrays.copyOf(bytes, bytes.length - (to - from) + instead.length);
    System.arraycopy(instead, 0, other, from, instead.length);
    System.arraycopy(bytes, to, other, from + instead.length, bytes.length - to);
    return other;
  }
}
