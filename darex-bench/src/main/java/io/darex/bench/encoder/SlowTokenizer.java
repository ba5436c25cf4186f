package io.darex.bench.encoder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.bench.BadInputException;
import java.util.List;
import java.util.Map;

/**
 * Turns what the older tokenizers of transformers load into the {@code tokenizer.json} of the newer
 * ones, as {@code transformers.convert_slow_tokenizer} does.
 *
 * @param config the object in {@code tokenizer_config.json}
 * @param special the object in {@code special_tokens_map.json}, which rules over the former
 */
record SlowTokenizer(JsonNode config, JsonNode special) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * WordPiece, as BERT, DistilBERT and ELECTRA have it.
   *
   * @param vocabulary a token a line
   * @throws BadInputException if a special token is missing
   */
  String wordPiece(String vocabulary) {
    ObjectNode vocab = JSON.createObjectNode();
    List<String> tokens = List.of(vocabulary.split("\r\n|\r|\n", -1));
    // What follows the last line end is no line.
    int count = tokens.get(tokens.size() - 1).isEmpty() ? tokens.size() - 1 : tokens.size();
    for (int id = 0; id < count; id++) {
      vocab.put(tokens.get(id), id);
    }
    if (config.path("do_basic_tokenize").isBoolean()
        && !config.path("do_basic_tokenize").booleanValue()) {
      throw new BadInputException(
          "tokenizer_config.json: do_basic_tokenize: expected true, came false");
    }
    String unknown = token("unk_token", "[UNK]");
    String start = token("cls_token", "[CLS]");
    String end = token("sep_token", "[SEP]");
    ObjectNode root = JSON.createObjectNode();
    root.put("version", "1.0");
    ArrayNode added = root.putArray("added_tokens");
    for (String token :
        List.of(token("pad_token", "[PAD]"), unknown, start, end, token("mask_token", "[MASK]"))) {
      add(added, token, id(vocab, token, "vocab.txt"), false);
    }
    ObjectNode normalizer = root.putObject("normalizer");
    normalizer.put("type", "BertNormalizer");
    normalizer.put("clean_text", true);
    normalizer.put("handle_chinese_chars", flag("tokenize_chinese_chars", true));
    JsonNode accents = config.path("strip_accents");
    normalizer.set("strip_accents", accents.isBoolean() ? accents : JSON.nullNode());
    normalizer.put("lowercase", flag("do_lower_case", true));
    root.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    ObjectNode template = root.putObject("post_processor");
    template.put("type", "TemplateProcessing");
    ArrayNode single = template.putArray("single");
    ArrayNode pair = template.putArray("pair");
    for (ArrayNode parts : List.of(single, pair)) {
      part(parts, "SpecialToken", start, 0);
      part(parts, "Sequence", "A", 0);
      part(parts, "SpecialToken", end, 0);
    }
    part(pair, "Sequence", "B", 1);
    part(pair, "SpecialToken", end, 1);
    ObjectNode specials = template.putObject("special_tokens");
    for (String token : List.of(start, end)) {
      ObjectNode entry = specials.putObject(token);
      entry.put("id", token);
      entry.putArray("ids").add(vocab.get(token).intValue());
      entry.putArray("tokens").add(token);
    }
    ObjectNode model = root.putObject("model");
    model.put("type", "WordPiece");
    model.put("unk_token", unknown);
    model.put("continuing_subword_prefix", "##");
    model.put("max_input_chars_per_word", 100);
    model.set("vocab", vocab);
    return root.toString();
  }

  /**
   * Byte-level BPE, as RoBERTa has it.
   *
   * @param vocab ids by token
   * @param merges a pair a line, after a line with the version
   * @throws BadInputException if a special token is missing or a line is no pair
   */
  String bytePairs(JsonNode vocab, String merges) {
    String start = token("cls_token", "<s>");
    String end = token("sep_token", "</s>");
    String mask = token("mask_token", "<mask>");
    boolean prefixSpace = flag("add_prefix_space", false);
    ObjectNode root = JSON.createObjectNode();
    root.put("version", "1.0");
    ArrayNode added = root.putArray("added_tokens");
    for (String token :
        List.of(start, token("pad_token", "<pad>"), end, token("unk_token", "<unk>"), mask)) {
      // The mask takes the space before it: "a <mask>" has no token for that space.
      add(added, token, id(vocab, token, "vocab.json"), token.equals(mask));
    }
    byteLevel(root.putObject("pre_tokenizer"), "ByteLevel", prefixSpace);
    ObjectNode ends = root.putObject("post_processor");
    byteLevel(ends, "RobertaProcessing", prefixSpace);
    ends.putArray("sep").add(end).add(id(vocab, end, "vocab.json"));
    ends.putArray("cls").add(start).add(id(vocab, start, "vocab.json"));
    ObjectNode model = root.putObject("model");
    model.put("type", "BPE");
    model.put("continuing_subword_prefix", "");
    model.put("end_of_word_suffix", "");
    model.put("fuse_unk", false);
    model.set("vocab", vocab);
    ArrayNode pairs = model.putArray("merges");
    List<String> lines = List.of(merges.split("\r?\n", -1));
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isBlank() || (i == 0 && line.startsWith("#version"))) {
        continue;
      }
      if (line.split(" ", -1).length != 2) {
        throw new BadInputException(
            "merges.txt:"
                + (i + 1)
                + ": expected two parts with a space between, came "
                + BadInputException.quote(line));
      }
      pairs.add(line);
    }
    return root.toString();
  }

  private static void byteLevel(ObjectNode node, String type, boolean prefixSpace) {
    node.put("type", type);
    node.put("add_prefix_space", prefixSpace);
    node.put("trim_offsets", true);
  }

  private static void part(ArrayNode parts, String kind, String id, int type) {
    parts.addObject().putObject(kind).put("id", id).put("type_id", type);
  }

  private static void add(ArrayNode added, String token, int id, boolean takesSpace) {
    ObjectNode entry = added.addObject();
    entry.put("id", id);
    entry.put("content", token);
    entry.put("lstrip", takesSpace);
    Map.of("single_word", false, "rstrip", false, "normalized", false, "special", true)
        .forEach(entry::put);
  }

  /** A special token stands as a text or as an object with its content. */
  private String token(String key, String absent) {
    for (JsonNode value : List.of(special.path(key), config.path(key))) {
      JsonNode text = value.isObject() ? value.path("content") : value;
      if (text.isTextual()) {
        return text.textValue();
      }
    }
    return absent;
  }

  private boolean flag(String key, boolean absent) {
    return config.path(key).asBoolean(absent);
  }

  private static int id(JsonNode vocab, String token, String file) {
    JsonNode id = vocab.path(token);
    if (!id.isIntegralNumber()) {
      throw new BadInputException(
          file + ": expected the special token " + token + ", came none of that name");
    }
    return id.intValue();
  }
}
