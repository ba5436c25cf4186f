package io.darex.bench.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.bench.console.BadInputException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes the {@code tokenizer.json} that the native library reads: every part of it is made here or
 * was checked, since what the library does not expect ends the whole process. It gives the ids that
 * the same folder has in transformers 5.
 */
final class NativeTokenizer {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** The number of XLM-RoBERTa's unknown piece, whatever the file says. */
  private static final int XLM_UNKNOWN = 3;

  private final TokenizerKind kind;
  private final TokenizerSettings settings;
  private final Vocabulary vocabulary;
  private final JsonPart fast;
  private final Map<String, Integer> ids = new LinkedHashMap<>();
  private final Map<String, AddedToken> added = new LinkedHashMap<>();
  private final Map<Integer, String> byId = new HashMap<>();
  private final ObjectNode root = NODES.objectNode();

  /**
   * @param fast the {@code tokenizer.json}; an empty object where there is none
   * @throws BadInputException if transformers would not make a tokenizer of it, or it cannot be
   *     followed
   */
  NativeTokenizer(
      TokenizerKind kind, TokenizerSettings settings, Vocabulary vocabulary, JsonPart fast) {
    this.kind = kind;
    this.settings = settings;
    this.vocabulary = vocabulary;
    this.fast = fast;
    if (kind == TokenizerKind.AS_FILED && !fast.at("added_tokens").absent()) {
      add(fast.at("added_tokens").list().stream().map(t -> AddedToken.read(t, false)).toList());
    }
    add(settings.toAdd(added.keySet()));
    root.put("version", "1.0");
    root.set("model", vocabulary.model());
    ObjectNode truncation = root.putObject("truncation");
    truncation.put("direction", settings.cutsLeft(fast) ? "Left" : "Right");
    // Both are set again when it is opened.
    truncation.put("max_length", 512).put("strategy", "LongestFirst").put("stride", 0);
    ArrayNode tokens = root.putArray("added_tokens");
    added.values().forEach(token -> token.write(tokens.addObject(), ids.get(token.content())));
    switch (kind) {
      case BERT, DISTILBERT -> wordPiece();
      case ROBERTA -> bytePairs();
      case XLM_ROBERTA, CAMEMBERT -> unigram();
      case AS_FILED -> asFiled();
    }
  }

  /** Its text. */
  String json() {
    return root.toString();
  }

  /** Whether the second text of a pair has types of its own. */
  boolean types() {
    return settings.types();
  }

  /** Whether a long text loses its beginning. */
  boolean cutsLeft() {
    return settings.cutsLeft(fast);
  }

  /** One more than the largest id that a file gives a piece or a token. */
  int end() {
    int end = vocabulary.end();
    for (Map.Entry<String, Integer> entry : ids.entrySet()) {
      if (settings.filed().contains(entry.getKey())) {
        end = Math.max(end, entry.getValue() + 1);
      }
    }
    return end;
  }

  /** Adds tokens as transformers does: those that are no pieces take the next ids. */
  private void add(List<AddedToken> tokens) {
    int next = next();
    for (AddedToken token : tokens) {
      String content = token.content();
      if (content.isEmpty()) {
        continue;
      }
      // Normalized to nothing it would match between any two characters.
      if (token.normalized() && content.codePoints().allMatch(NativeTokenizer::mayVanish)) {
        throw refusal("an added token of visible characters", content);
      }
      Integer id = ids.getOrDefault(content, vocabulary.ids().get(content));
      if (id == null) {
        // The library counts anew for each token; where pieces have ids beyond their number, both
        // may differ.
        if (next != next()) {
          throw refusal("ids without gaps, since it takes the next one, for the token", content);
        }
        id = next++;
      }
      if (!id.equals(ids.put(content, id)) && byId.putIfAbsent(id, content) != null) {
        throw refusal("an id of its own for the token", content);
      }
      // The last of a name counts, in its place.
      added.put(content, token);
    }
  }

  private int next() {
    int largest = ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1);
    return Math.max(vocabulary.size(), largest + 1);
  }

  private static BadInputException refusal(String expected, String content) {
    return new BadInputException(
        "tokenizer: expected " + expected + ", got " + BadInputException.quote(content));
  }

  private static boolean mayVanish(int c) {
    return Character.isWhitespace(c)
        || Character.isSpaceChar(c)
        || Character.isISOControl(c)
        || Character.getType(c) == Character.FORMAT
        || Character.getType(c) == Character.NON_SPACING_MARK
        || !Character.isDefined(c);
  }

  private void wordPiece() {
    ObjectNode normalizer = root.putObject("normalizer").put("type", "BertNormalizer");
    normalizer.put("clean_text", true);
    normalizer.put("handle_chinese_chars", settings.flag("tokenize_chinese_chars", true));
    Optional<Boolean> accents = settings.choice("strip_accents");
    normalizer.put("strip_accents", accents.orElse(null));
    normalizer.put("lowercase", settings.flag("do_lower_case", true));
    root.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    String start = settings.special("cls_token");
    String end = settings.special("sep_token");
    template(start, end, false, 1);
    String unknown = settings.special("unk_token");
    vocabulary.id("unk_token", unknown);
    vocabulary.model().put("unk_token", unknown);
    vocabulary.model().put("continuing_subword_prefix", "##").put("max_input_chars_per_word", 100);
  }

  private void bytePairs() {
    boolean space = settings.flag("add_prefix_space", false);
    ObjectNode bytes = root.putObject("pre_tokenizer").put("type", "ByteLevel");
    bytes.put("add_prefix_space", space).put("trim_offsets", true).put("use_regex", true);
    ObjectNode ends = root.putObject("post_processor").put("type", "RobertaProcessing");
    ends.put("add_prefix_space", space).put("trim_offsets", true);
    String start = settings.special("cls_token");
    String end = settings.special("sep_token");
    ends.putArray("sep").add(end).add(ids.get(end));
    ends.putArray("cls").add(start).add(ids.get(start));
    vocabulary.model().putNull("dropout").putNull("unk_token");
    vocabulary.model().put("continuing_subword_prefix", "").put("end_of_word_suffix", "");
    vocabulary.model().put("fuse_unk", false).put("byte_fallback", false);
  }

  private void unigram() {
    CheckedParts.charsmap(fast.at("normalizer"))
        .ifPresent(
            map ->
                root.putObject("normalizer")
                    .put("type", "Precompiled")
                    .put("precompiled_charsmap", map));
    ObjectNode sequence = root.putObject("pre_tokenizer").put("type", "Sequence");
    ArrayNode steps = sequence.putArray("pretokenizers");
    steps.addObject().put("type", "WhitespaceSplit");
    steps
        .addObject()
        .put("type", "Metaspace")
        .put("replacement", "▁")
        .put("prepend_scheme", settings.flag("add_prefix_space", true) ? "always" : "never")
        .put("split", true);
    template(settings.special("bos_token"), settings.special("eos_token"), true, 0);
    int unknown = XLM_UNKNOWN;
    if (kind == TokenizerKind.CAMEMBERT) {
      unknown = vocabulary.ids().getOrDefault(settings.special("unk_token"), 0);
    } else if (vocabulary.model().path("vocab").size() <= unknown) {
      throw fast.at("model").at("vocab").refusal("four pieces and more");
    }
    vocabulary.model().put("unk_id", unknown).put("byte_fallback", false);
  }

  private void asFiled() {
    CheckedParts parts = new CheckedParts(vocabulary, ids);
    root.set("normalizer", parts.normalizer(fast.at("normalizer")));
    root.set("pre_tokenizer", parts.preTokenizer(fast.at("pre_tokenizer")));
    if (fast.at("post_processor").absent()) {
      ObjectNode template = root.putObject("post_processor").put("type", "TemplateProcessing");
      sequence(template.putArray("single"), "A", 0);
      sequence(sequence(template.putArray("pair"), "A", 0), "B", 1);
      template.putObject("special_tokens");
    } else {
      root.set("post_processor", parts.postProcessor(fast.at("post_processor")));
    }
    parts.model(fast.at("model"), vocabulary.model());
  }

  /** Start, text, end; of a pair the second text and an end follow, after one more if doubled. */
  private void template(String start, String end, boolean doubled, int type) {
    ObjectNode template = root.putObject("post_processor").put("type", "TemplateProcessing");
    ArrayNode single = template.putArray("single");
    ArrayNode pair = template.putArray("pair");
    for (ArrayNode parts : List.of(single, pair)) {
      special(parts, start, 0);
      sequence(parts, "A", 0);
      special(parts, end, 0);
    }
    if (doubled) {
      special(pair, end, 0);
    }
    sequence(pair, "B", type);
    special(pair, end, type);
    ObjectNode specials = template.putObject("special_tokens");
    for (String token : List.of(start, end)) {
      ObjectNode entry = specials.putObject(token).put("id", token);
      entry.putArray("ids").add(ids.get(token));
      entry.putArray("tokens").add(token);
    }
  }

  private static ArrayNode sequence(ArrayNode parts, String id, int type) {
    parts.addObject().putObject("Sequence").put("id", id).put("type_id", type);
    return parts;
  }

  private static void special(ArrayNode parts, String id, int type) {
    parts.addObject().putObject("SpecialToken").put("id", id).put("type_id", type);
  }
}
