package io.darex.bench.fuzz;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Changes good input into input that is almost good: bytes, numbers and words of any text, and the
 * values of JSON.
 *
 * @param words of the format, to put in the place of others
 */
public record Mutator(List<String> words) {
  /** What other readers have stumbled over. */
  public static final List<String> STUMBLES =
      List.of(
          "0",
          "1",
          "-1",
          "2147483647",
          "2147483648",
          "9223372036854775808",
          "1e400",
          "1E999999999",
          "1e-999999999",
          "-0.0",
          ".5",
          "0x1F",
          "010",
          "1_0",
          "1:30",
          ".nan",
          ".inf",
          "NaN",
          "null",
          "~",
          "no",
          "True",
          "[]",
          "{}",
          "[[[[",
          "}}",
          "- ",
          ": ",
          "? a",
          "<<: *a",
          "&a x",
          "*a",
          "!!int x",
          "!!binary =",
          "!!python/object:x {}",
          "| \n  x",
          "> \n  x",
          "---",
          "...",
          "%TAG",
          "\"",
          "'",
          "\\",
          "\\u0000",
          "\\ud800",
          "#",
          "\t",
          "\n",
          "\n\n",
          "\r\n",
          "\r",
          "\u0000",
          "\u001b[31m",
          "\u0085",
          "\u2028",
          "\ufeff",
          "\ud800",
          "é",
          "\ud83d\ude00",
          "@",
          "`",
          "|",
          "a".repeat(300),
          "\t\t\t",
          "../..",
          "/",
          "C:\\x",
          "*",
          "q-labelled",
          "random",
          "none");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern NUMBER = Pattern.compile("-?[0-9]+(\\.[0-9]+)?([eE]-?[0-9]+)?");
  private static final Pattern WORD = Pattern.compile("[A-Za-z_]{2,}");

  private static final List<String> NUMBERS =
      List.of(
          "0",
          "1",
          "-1",
          "2",
          "3",
          "7",
          "8",
          "127",
          "128",
          "255",
          "256",
          "65535",
          "65536",
          "2147483646",
          "2147483647",
          "2147483648",
          "4294967295",
          "4294967296",
          "1099511627776",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775808",
          "18446744073709551616",
          "0.5",
          "1e400",
          "1e-400",
          "1E999999999",
          "4.9E-324",
          "-0.0",
          "NaN",
          "Infinity",
          "null",
          "\"\"",
          "[]",
          "{}");

  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "\n",
          "\u0000",
          "\u001b[31m",
          "<b>&",
          "a\u0301",
          "\uFEFF",
          "\u202E",
          "▁",
          "\uD83D\uDE00",
          "\uD800",
          "(a+)+$",
          "(?=x)",
          "[",
          "\\",
          "^",
          "$",
          "$A",
          "../x",
          "[UNK]",
          "x".repeat(300));

  /** One to three changes of bytes or text; now and then noise. */
  public byte[] text(byte[] good, SplittableRandom random) {
    byte[] bytes = good;
    if (random.nextInt(20) == 0) {
      bytes = new byte[random.nextInt(300)];
      random.nextBytes(bytes);
      return bytes;
    }
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      bytes = random.nextInt(4) == 0 ? changed(bytes, random) : rewritten(bytes, random);
    }
    return bytes;
  }

  /** One to three changes of values of JSON; now and then of the text instead. */
  public byte[] json(byte[] good, SplittableRandom random) {
    JsonNode root;
    try {
      root = JSON.readTree(new String(good, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      return text(good, random);
    }
    if (!root.isContainerNode() || random.nextInt(5) == 0) {
      return text(good, random);
    }
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      change(root, random);
    }
    return root.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void change(JsonNode root, SplittableRandom random) {
    // Down from the root, so that a long list is as likely as a short one.
    JsonNode parent = root;
    while (true) {
      JsonNode child = pick(parent, random);
      if (child == null || !child.isContainerNode() || child.isEmpty() || random.nextInt(4) == 0) {
        break;
      }
      parent = child;
    }
    JsonNode value = value(root, random);
    int kind = random.nextInt(4);
    if (parent instanceof ArrayNode list) {
      int at = list.isEmpty() ? 0 : random.nextInt(list.size());
      if (kind == 0 && !list.isEmpty()) {
        list.remove(at);
      } else if (kind == 1 || list.isEmpty()) {
        list.insert(at, value);
      } else {
        list.set(at, value);
      }
    } else if (parent instanceof ObjectNode object) {
      List<String> keys = new ArrayList<>();
      object.fieldNames().forEachRemaining(keys::add);
      String key = keys.isEmpty() ? word(random) : keys.get(random.nextInt(keys.size()));
      if (kind == 0) {
        object.remove(key);
      } else if (kind == 1) {
        object.set(word(random), random.nextBoolean() ? value : object.path(key).deepCopy());
      } else {
        object.set(key, value);
      }
    }
  }

  private static JsonNode pick(JsonNode parent, SplittableRandom random) {
    if (parent.isEmpty()) {
      return null;
    }
    int skip = random.nextInt(parent.size());
    for (JsonNode child : parent) {
      if (skip-- == 0) {
        return child;
      }
    }
    return null;
  }

  /** A number, a text, or what stands elsewhere in the same document. */
  private JsonNode value(JsonNode root, SplittableRandom random) {
    try {
      return switch (random.nextInt(5)) {
        case 0 -> JSON.readTree(NUMBERS.get(random.nextInt(NUMBERS.size())));
        case 1 -> JSON.getNodeFactory().textNode(TEXTS.get(random.nextInt(TEXTS.size())));
        case 2 -> JSON.getNodeFactory().textNode(word(random));
        case 3 -> JSON.getNodeFactory().booleanNode(random.nextBoolean());
        default -> {
          JsonNode node = root;
          while (node.isContainerNode() && !node.isEmpty() && random.nextInt(4) > 0) {
            node = pick(node, random);
          }
          yield node.equals(root) ? JSON.nullNode() : node.deepCopy();
        }
      };
    } catch (JsonProcessingException e) {
      return JSON.getNodeFactory().nullNode(); // NaN and its like, which JSON lacks
    }
  }

  private String word(SplittableRandom random) {
    return words.get(random.nextInt(words.size()));
  }

  /** Bits flipped, bytes replaced, inserted, removed, or the end cut off. */
  public static byte[] changed(byte[] bytes, SplittableRandom random) {
    if (bytes.length == 0) {
      return new byte[] {(byte) random.nextInt()};
    }
    int at = random.nextInt(bytes.length);
    byte[] other = bytes.clone();
    switch (random.nextInt(6)) {
      case 0, 1 -> other[at] ^= (byte) (1 << random.nextInt(8));
      case 2 -> other[at] = (byte) random.nextInt();
      case 3 -> {
        other = Arrays.copyOf(bytes, bytes.length + 1);
        System.arraycopy(bytes, at, other, at + 1, bytes.length - at);
      }
      case 4 -> {
        other = Arrays.copyOf(bytes, bytes.length - 1);
        System.arraycopy(bytes, at + 1, other, at, other.length - at);
      }
      default -> other = Arrays.copyOf(bytes, at);
    }
    return other;
  }

  /** A number, word, line or character replaced, moved, repeated or dropped. */
  private byte[] rewritten(byte[] bytes, SplittableRandom random) {
    StringBuilder text = new StringBuilder(new String(bytes, StandardCharsets.UTF_8));
    if (text.isEmpty()) {
      return bytes;
    }
    switch (random.nextInt(11)) {
      case 0, 1 -> replace(text, NUMBER, NUMBERS, random);
      case 2, 3 -> replace(text, WORD, words, random);
      case 7 -> text.insert(random.nextInt(text.length()), word(random));
      case 8 -> line(text, true, random);
      case 9 -> line(text, false, random);
      case 4 -> swap(text, random);
      case 5 -> text.insert(random.nextInt(text.length()), TEXTS.get(random.nextInt(TEXTS.size())));
      case 6 -> {
        int from = random.nextInt(text.length());
        int end = from + 1 + random.nextInt(Math.min(40, text.length() - from));
        text.insert(random.nextInt(text.length()), text.substring(from, end));
      }
      default -> text.setCharAt(random.nextInt(text.length()), (char) random.nextInt(128));
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void replace(
      StringBuilder text, Pattern pattern, List<String> by, SplittableRandom random) {
    List<MatchResult> found = pattern.matcher(text).results().toList();
    if (!found.isEmpty()) {
      MatchResult one = found.get(random.nextInt(found.size()));
      text.replace(one.start(), one.end(), by.get(random.nextInt(by.size())));
    }
  }

  /** Every line like one of them stands twice, or goes. */
  private static void line(StringBuilder text, boolean twice, SplittableRandom random) {
    String all = text.toString();
    List<String> lines = all.lines().toList();
    String line = lines.get(random.nextInt(lines.size())) + "\n";
    text.replace(0, text.length(), all.replace(line, twice ? line + line : ""));
  }

  private static void swap(StringBuilder text, SplittableRandom random) {
    List<MatchResult> found = NUMBER.matcher(text).results().toList();
    if (found.size() > 1) {
      int first = random.nextInt(found.size() - 1);
      MatchResult a = found.get(first);
      MatchResult b = found.get(first + 1 + random.nextInt(found.size() - 1 - first));
      String earlier = a.group();
      text.replace(b.start(), b.end(), earlier).replace(a.start(), a.end(), b.group());
    }
  }
}
