package io.darex.prune.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.prune.TensorMask;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GapCodeTest {
  /** Worked by hand; the first one is docs/FORMAT.md's. */
  @ParameterizedTest
  @CsvSource({
    "0 5 300, 030004a602",
    "'', 00",
    "0, 0100",
    "127, 017f",
    "128, 018001",
    "16383, 01ff7f",
    "16384, 01808001",
    "65535, 01ffff03",
    "65534 65535, 02feff0300"
  })
  void isWhatTheFormatSays(String offsets, String hex) {
    char[] places = new char[0];
    for (String offset : offsets.split(" ", 0)) {
      if (!offset.isEmpty()) {
        places = Arrays.copyOf(places, places.length + 1);
        places[places.length - 1] = (char) Integer.parseInt(offset);
      }
    }
    assertThat(HexFormat.of().formatHex(encode(places))).isEqualTo(hex);
    assertThat(decode(encode(places), places.length)).isEqualTo(places);
  }

  @Property
  void givesBackWhatWasWritten(
      @ForAll @Size(max = 3000) Set<@CharRange(to = '\uffff') Character> set) {
    char[] places = new char[set.size()];
    int i = 0;
    for (char place : new TreeSet<>(set)) {
      places[i++] = place;
    }
    assertThat(decode(encode(places), places.length)).isEqualTo(places);
  }

  @ParameterizedTest
  @CsvSource({"65536, 65539", "65535, 65538"})
  void takesOneByteForEachOfManyNeighbours(int kept, int bytes) {
    char[] places = new char[kept];
    for (int i = 0; i < kept; i++) {
      places[i] = (char) i;
    }
    assertThat(encode(places)).hasSize(bytes);
    assertThat(decode(encode(places), TensorMask.BLOCK)).startsWith(places);
  }

  private static byte[] encode(char[] places) {
    byte[] bytes = new byte[GapCode.size(places, places.length)];
    ByteBuffer into = ByteBuffer.wrap(bytes);
    GapCode.encode(places, places.length, into);
    assertThat(into.hasRemaining()).isFalse();
    return bytes;
  }

  private static char[] decode(byte[] bytes, int room) {
    char[] places = new char[room];
    assertThat(GapCode.decode(ByteBuffer.wrap(bytes), places)).isLessThanOrEqualTo(room);
    return places;
  }
}
