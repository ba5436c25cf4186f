package io.darex.bench.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The parts of a {@code tokenizer.json} beside its vocabulary, written again from what is known of
 * each: a part of another type, or with a value that the native library would not survive, is
 * refused by name.
 */
final class CheckedParts {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final int STEPS = 16;
  private static final int PIECES = 16;
  private static final int WORD = 1000;

  /** By how much all replacements together may lengthen a text. */
  private static final int GROWTH = 64;

  private static final List<String> NORMALIZERS =
      List.of(
          "BertNormalizer",
          "NFC",
          "NFD",
          "NFKC",
          "NFKD",
          "Lowercase",
          "StripAccents",
          "Nmt",
          "Strip",
          "Prepend",
          "Replace",
          "Precompiled");

  private static final List<String> PRE_TOKENIZERS =
      List.of(
          "BertPreTokenizer",
          "ByteLevel",
          "Whitespace",
          "WhitespaceSplit",
          "Metaspace",
          "Punctuation",
          "Digits",
          "Split");

  private static final List<String> BEHAVIORS =
      List.of("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous");

  private static final List<String> POST_PROCESSORS =
      List.of("TemplateProcessing", "BertProcessing", "RobertaProcessing", "ByteLevel");

  private final Vocabulary vocabulary;
  private final Map<String, Integer> added;
  private int growth = 1;

  /**
   * @param vocabulary the pieces
   * @param added the ids of the added tokens
   */
  CheckedParts(Vocabulary vocabulary, Map<String, Integer> added) {
    this.vocabulary = vocabulary;
    this.added = added;
  }

  /** Writes one step from what the file says of it. */
  private interface Step {
    void write(JsonPart part, String type, ObjectNode node);
  }

  /** The map of characters of a SentencePiece model, where a normalizer holds one. */
  static Optional<String> charsmap(JsonPart normalizer) {
    if (normalizer.absent()) {
      return Optional.empty();
    }
    boolean many = normalizer.at("type").text("").equals("Sequence");
    for (JsonPart part : many ? normalizer.at("normalizers").list() : List.of(normalizer)) {
      if (part.at("type").text("").equals("Precompiled")) {
        return Optional.of(Charsmap.check(part.at("precompiled_charsmap")));
      }
    }
    return Optional.empty();
  }

  /** Null where there is none. */
  ObjectNode normalizer(JsonPart part) {
    return steps(part, "normalizers", NORMALIZERS, this::normalize);
  }

  /** Null where there is none. */
  ObjectNode preTokenizer(JsonPart part) {
    return steps(part, "pretokenizers", PRE_TOKENIZERS, CheckedParts::preTokenize);
  }

  /** Null where there is none. */
  ObjectNode postProcessor(JsonPart part) {
    ObjectNode node = steps(part, "processors", POST_PROCESSORS, this::postProcess);
    int ends = 0;
    if (node != null) {
      for (var step : node.path("processors")) {
        ends += step.path("type").textValue().equals("ByteLevel") ? 0 : 1;
      }
    }
    if (ends > 1) {
      throw part.refusal("one processor that adds special tokens");
    }
    return node;
  }

  private static ObjectNode steps(JsonPart part, String list, List<String> types, Step step) {
    if (part.absent()) {
      return null;
    }
    ObjectNode node = NODES.objectNode();
    if (part.at("type").text("").equals("Sequence")) {
      List<JsonPart> parts = part.at(list).list();
      if (parts.size() > STEPS) {
        throw part.at(list).refusal("at most " + STEPS + " steps");
      }
      ArrayNode written = node.put("type", "Sequence").putArray(list);
      parts.forEach(one -> write(one, types, step, written.addObject()));
    } else {
      write(part, types, step, node);
    }
    return node;
  }

  private static void write(JsonPart part, List<String> types, Step step, ObjectNode node) {
    String type = part.at("type").oneOf(types);
    step.write(part, type, node.put("type", type));
  }

  private void normalize(JsonPart part, String type, ObjectNode node) {
    switch (type) {
      case "BertNormalizer" -> {
        flags(part, node, true, "clean_text", "handle_chinese_chars", "lowercase");
        if (part.at("strip_accents").absent()) {
          node.putNull("strip_accents");
        } else {
          flags(part, node, true, "strip_accents");
        }
      }
      case "Strip" -> flags(part, node, true, "strip_left", "strip_right");
      case "Prepend" -> node.put("prepend", grow(part.at("prepend"), 1));
      case "Replace" -> {
        int least = pattern(part.at("pattern"), node);
        node.put("content", grow(part.at("content"), least));
      }
      case "Precompiled" ->
          node.put("precompiled_charsmap", Charsmap.check(part.at("precompiled_charsmap")));
      default -> {}
    }
  }

  /** A text that takes the place of some characters. */
  private String grow(JsonPart content, int characters) {
    int length = content.text().codePointCount(0, content.text().length());
    growth *= Math.max(1, Math.min(GROWTH + 1, (length + characters - 1) / characters));
    if (growth > GROWTH) {
      throw content.refusal(
          "replacements that together lengthen a text " + GROWTH + " times at most");
    }
    return content.text();
  }

  /** Writes a pattern and gives the fewest characters that it matches. */
  private static int pattern(JsonPart part, ObjectNode node) {
    ObjectNode pattern = node.putObject("pattern");
    JsonPart text = part.at("String");
    if (text.absent()) {
      pattern.put("Regex", part.at("Regex").text());
      return SafePattern.check(part.at("Regex"));
    }
    if (text.text().isEmpty()) {
      throw text.refusal("at least one character");
    }
    pattern.put("String", text.text());
    return text.text().codePointCount(0, text.text().length());
  }

  private static void preTokenize(JsonPart part, String type, ObjectNode node) {
    switch (type) {
      case "ByteLevel" -> byteLevel(part, node);
      case "Metaspace" -> {
        JsonPart replacement = part.at("replacement");
        if (replacement.text().codePointCount(0, replacement.text().length()) != 1) {
          throw replacement.refusal("one character");
        }
        boolean space = part.at("add_prefix_space").flag(true);
        node.put("replacement", replacement.text()).put("add_prefix_space", space);
        JsonPart scheme = part.at("prepend_scheme");
        String written =
            scheme.absent() ? "always" : scheme.oneOf(List.of("always", "first", "never"));
        if (!space && !written.equals("never")) {
          throw scheme.refusal("never, since add_prefix_space is false");
        }
        node.put("prepend_scheme", written).put("split", part.at("split").flag(true));
      }
      case "Punctuation" ->
          node.put(
              "behavior",
              part.at("behavior").absent() ? "Isolated" : part.at("behavior").oneOf(BEHAVIORS));
      case "Digits" -> flags(part, node, false, "individual_digits");
      case "Split" -> {
        pattern(part.at("pattern"), node);
        node.put("behavior", part.at("behavior").oneOf(BEHAVIORS));
        flags(part, node, false, "invert");
      }
      default -> {}
    }
  }

  private void postProcess(JsonPart part, String type, ObjectNode node) {
    switch (type) {
      case "ByteLevel" -> byteLevel(part, node);
      case "TemplateProcessing" -> template(part, node);
      default -> {
        for (String key : List.of("sep", "cls")) {
          List<JsonPart> pair = part.at(key).list();
          if (pair.size() != 2) {
            throw part.at(key).refusal("a token and its id");
          }
          node.putArray(key).add(pair.get(0).text()).add(id(pair.get(1)));
        }
        if (type.equals("RobertaProcessing")) {
          flags(part, node, true, "trim_offsets", "add_prefix_space");
        }
      }
    }
  }

  private void template(JsonPart part, ObjectNode node) {
    ObjectNode specials = node.putObject("special_tokens");
    part.at("special_tokens")
        .entries()
        .forEach(
            (key, special) -> {
              List<JsonPart> ids = special.at("ids").list();
              List<JsonPart> tokens = special.at("tokens").list();
              if (ids.isEmpty() || ids.size() > PIECES || ids.size() != tokens.size()) {
                throw special.refusal("as many ids as tokens, 1 to " + PIECES);
              }
              ObjectNode entry = specials.putObject(key).put("id", special.at("id").text());
              ArrayNode written = entry.putArray("ids");
              ids.forEach(id -> written.add(id(id)));
              ArrayNode texts = entry.putArray("tokens");
              tokens.forEach(token -> texts.add(token.text()));
            });
    pieces(part.at("single"), List.of("A"), specials, node.putArray("single"));
    pieces(part.at("pair"), List.of("A", "B"), specials, node.putArray("pair"));
  }

  private static void pieces(
      JsonPart list, List<String> texts, ObjectNode specials, ArrayNode written) {
    Set<String> missing = new HashSet<>(texts);
    if (list.list().size() > PIECES) {
      throw list.refusal("at most " + PIECES + " parts");
    }
    for (JsonPart piece : list.list()) {
      boolean text = !piece.at("Sequence").absent();
      JsonPart value = piece.at(text ? "Sequence" : "SpecialToken");
      JsonPart id = value.at("id");
      if (text && !missing.remove(id.text())) {
        throw id.refusal("each of " + String.join(", ", texts) + " once");
      }
      if (!text && !specials.has(id.text())) {
        throw id.refusal("one of the template's special_tokens");
      }
      written
          .addObject()
          .putObject(text ? "Sequence" : "SpecialToken")
          .put("id", id.text())
          .put("type_id", value.at("type_id").number(0, 1));
    }
    if (!missing.isEmpty()) {
      throw list.refusal("each of " + String.join(", ", texts) + " once");
    }
  }

  /** An id that a piece or an added token has. */
  private int id(JsonPart part) {
    int id = part.number(0, Integer.MAX_VALUE);
    if (!added.containsValue(id) && !vocabulary.ids().containsValue(id)) {
      throw part.refusal("the id of a token");
    }
    return id;
  }

  private static void byteLevel(JsonPart part, ObjectNode node) {
    flags(part, node, true, "add_prefix_space", "trim_offsets", "use_regex");
  }

  private static void flags(JsonPart part, ObjectNode node, boolean absent, String... keys) {
    for (String key : keys) {
      node.put(key, part.at(key).flag(absent));
    }
  }

  /** What a model has beside its vocabulary and merges. */
  void model(JsonPart part, ObjectNode node) {
    switch (node.path("type").textValue()) {
      case "WordPiece" -> {
        node.put("unk_token", unknown(part.at("unk_token").text("[UNK]")));
        node.put("continuing_subword_prefix", part.at("continuing_subword_prefix").text("##"));
        JsonPart longest = part.at("max_input_chars_per_word");
        node.put("max_input_chars_per_word", longest.absent() ? 100 : longest.number(1, WORD));
      }
      case "BPE" -> {
        if (!part.at("dropout").absent()) {
          throw part.at("dropout").refusal("null: it would draw the pieces at random");
        }
        JsonPart unknown = part.at("unk_token");
        node.put("unk_token", unknown.absent() ? null : unknown(unknown.text()));
        for (String key : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
          if (!part.at(key).text("").isEmpty()) {
            throw part.at(key).refusal("none");
          }
          node.put(key, "");
        }
        flags(part, node, false, "fuse_unk", "byte_fallback", "ignore_merges");
      }
      case "Unigram" -> {
        node.put("unk_id", part.at("unk_id").number(0, node.path("vocab").size() - 1));
        flags(part, node, false, "byte_fallback");
      }
      default -> node.put("unk_token", unknown(part.at("unk_token").text("<unk>")));
    }
  }

  private String unknown(String token) {
    vocabulary.id("unk_token", token);
    return token;
  }
}
