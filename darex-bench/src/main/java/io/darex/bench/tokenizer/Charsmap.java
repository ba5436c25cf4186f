package io.darex.bench.tokenizer;

import io.darex.bench.console.BadInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;

/**
 * The map of characters that SentencePiece compiles: the length of a double-array trie in bytes,
 * the trie, and the texts that its leaves point to, each ended by a zero byte. The native library
 * follows its numbers unchecked, so every step that a text can take is taken here before.
 */
final class Charsmap {
  private static final int UNIT = Integer.BYTES;

  /** Bytes that one character may become; Unicode's longest is 33. */
  private static final int LONGEST = 128;

  private final JsonPart part;
  private final int[] units;
  private final byte[] texts;
  private final BitSet seen;
  private final Deque<Integer> open = new ArrayDeque<>();

  private Charsmap(JsonPart part, int[] units, byte[] texts) {
    this.part = part;
    this.units = units;
    this.texts = texts;
    this.seen = new BitSet(units.length);
  }

  /**
   * Gives the map as it is written, in Base64.
   *
   * @throws BadInputException if a text could lead out of it
   */
  static String check(JsonPart part) {
    ByteBuffer bytes;
    try {
      bytes = ByteBuffer.wrap(Base64.getDecoder().decode(part.text()));
    } catch (IllegalArgumentException e) {
      throw part.refusal("Base64");
    }
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    int size = bytes.remaining() < UNIT ? -1 : bytes.getInt();
    if (size < UNIT || size % UNIT != 0 || size > bytes.remaining()) {
      throw part.refusal("a compiled map of characters");
    }
    IntBuffer trie =
        bytes.slice(bytes.position(), size).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
    int[] units = new int[size / UNIT];
    trie.get(units);
    byte[] texts = new byte[bytes.remaining() - size];
    bytes.position(bytes.position() + size).get(texts);
    new Charsmap(part, units, texts).walk();
    return part.text();
  }

  private void walk() {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(texts));
    } catch (CharacterCodingException e) {
      throw part.refusal("a map of characters to UTF-8");
    }
    reach(0);
    while (!open.isEmpty()) {
      int node = open.pop();
      for (int c = 1; c < 256; c++) {
        int at = node ^ c;
        int unit = unit(at);
        if ((unit & 0x800000FF) == c) {
          reach(at);
        }
      }
    }
  }

  /** The node that a unit leads to, and its text. */
  private void reach(int from) {
    int unit = unit(from);
    int node = from ^ ((unit >>> 10) << ((unit & (1 << 9)) >>> 6));
    if ((unit >>> 8 & 1) == 1) {
      text(unit(node) & Integer.MAX_VALUE);
    }
    if (node < 0 || node >= units.length) {
      throw leads();
    }
    if (!seen.get(node)) {
      seen.set(node);
      open.push(node);
    }
  }

  private int unit(int at) {
    if (at < 0 || at >= units.length) {
      throw leads();
    }
    return units[at];
  }

  private void text(int start) {
    if (start > texts.length || (start < texts.length && (texts[start] & 0xC0) == 0x80)) {
      throw leads();
    }
    for (int i = start; i < texts.length && texts[i] != 0; i++) {
      if (i - start >= LONGEST) {
        throw part.refusal("texts of at most " + LONGEST + " bytes in the map of characters");
      }
    }
  }

  private BadInputException leads() {
    return part.refusal("a map of characters without numbers that lead out of it");
  }
}
