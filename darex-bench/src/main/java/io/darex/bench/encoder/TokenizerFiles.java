package io.darex.bench.encoder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.BadInputException;
import io.darex.prune.MismatchException;
import io.darex.prune.SideFile;
import io.darex.prune.checkpoint.SideFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The files of a Hugging Face folder that make up its tokenizer, and the others beside its weights
 * such as {@code generation_config.json}, as they are: a folder written back carries them
 * unchanged.
 *
 * @param contents by file name
 */
public record TokenizerFiles(SortedMap<String, byte[]> contents) {
  private static final String FAST = "tokenizer.json";
  private static final String CONFIG = "tokenizer_config.json";
  private static final String SPECIAL = "special_tokens_map.json";

  /** transformers writes 1e30 where a tokenizer has no limit. */
  private static final double LIMITED = 1e9;

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Makes the map unmodifiable. */
  public TokenizerFiles {
    contents = Collections.unmodifiableSortedMap(new TreeMap<>(contents));
  }

  /**
   * Those of a folder.
   *
   * @throws BadInputException if it holds neither {@code tokenizer.json} nor {@code vocab.txt} nor
   *     {@code vocab.json} and {@code merges.txt}
   */
  public static TokenizerFiles read(Path folder) throws IOException {
    SortedMap<String, byte[]> contents = SideFiles.read(folder);
    contents.remove("README.md"); // it speaks of that model, not of one tuned from it
    boolean pieces = contents.containsKey("vocab.txt");
    boolean pairs = contents.containsKey("vocab.json") && contents.containsKey("merges.txt");
    if (!contents.containsKey(FAST) && !pieces && !pairs) {
      throw new BadInputException(
          folder
              + ": expected a tokenizer: tokenizer.json, or vocab.txt, or vocab.json and"
              + " merges.txt; came none of them");
    }
    return new TokenizerFiles(contents);
  }

  /**
   * Those of a model whose delta says what lay beside its weights; these are its base's.
   *
   * @param files of the tuned model; empty where nothing is known of them
   * @param source of the delta, for messages
   * @throws BadInputException if they are no tokenizer, or one of the base's is not what it was
   */
  public TokenizerFiles of(SortedMap<String, SideFile> files, String source) {
    List<String> missing = new ArrayList<>();
    SortedMap<String, byte[]> restored;
    try {
      restored = SideFiles.restored(files, contents, missing);
    } catch (MismatchException e) {
      throw new BadInputException(source + ": " + e.getMessage(), e);
    }
    missing.removeIf(name -> !SideFiles.isTokenizer(name));
    if (!missing.isEmpty()) {
      throw new BadInputException(
          source + ": expected " + missing + " beside the base's weights, came no such files");
    }
    return new TokenizerFiles(restored);
  }

  /**
   * The text of the {@code tokenizer.json}: that of the file, or one built from the vocabulary as
   * transformers does.
   *
   * @throws BadInputException if a file cannot be used
   */
  public String json() {
    if (contents.containsKey(FAST)) {
      return text(FAST);
    }
    SlowTokenizer slow = new SlowTokenizer(object(CONFIG), object(SPECIAL));
    return contents.containsKey("vocab.txt")
        ? slow.wordPiece(text("vocab.txt"))
        : slow.bytePairs(object("vocab.json"), text("merges.txt"));
  }

  /** The longest encoding it is meant for, where {@code tokenizer_config.json} says so. */
  public OptionalInt maxLength() {
    double length = object(CONFIG).path("model_max_length").asDouble(Double.MAX_VALUE);
    return length >= 2 && length < LIMITED ? OptionalInt.of((int) length) : OptionalInt.empty();
  }

  /**
   * Opens the tokenizer for an encoder.
   *
   * @param maxLength longest encoding in tokens, special ones included
   * @param vocabSize rows of the encoder's word embeddings
   * @throws BadInputException if a file cannot be used, or the tokenizer gives ids beyond the
   *     embeddings
   */
  public Tokenizer open(int maxLength, int vocabSize) {
    String json = json();
    int tokens = tokens(json);
    if (tokens > vocabSize) {
      throw new BadInputException(
          "tokenizer: expected at most "
              + vocabSize
              + " tokens, the rows of the word embeddings, came "
              + tokens
              + ": it belongs to another model");
    }
    try {
      return new Tokenizer(json, maxLength);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(e.getMessage(), e);
    }
  }

  /** One more than the largest id. */
  private static int tokens(String json) {
    JsonNode root = parse(FAST, json);
    int tokens = 0;
    for (JsonNode id : root.path("model").path("vocab")) {
      tokens = Math.max(tokens, id.asInt(-1) + 1);
    }
    for (JsonNode added : root.path("added_tokens")) {
      tokens = Math.max(tokens, added.path("id").asInt(-1) + 1);
    }
    return tokens;
  }

  private String text(String name) {
    return new String(contents.get(name), StandardCharsets.UTF_8);
  }

  /** The object in a file; an empty one where there is no such file. */
  private JsonNode object(String name) {
    JsonNode value = contents.containsKey(name) ? parse(name, text(name)) : JSON.createObjectNode();
    if (!value.isObject()) {
      throw new BadInputException(name + ": expected a JSON object, came " + value.getNodeType());
    }
    return value;
  }

  private static JsonNode parse(String name, String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new BadInputException(name + ": expected JSON: " + e.getOriginalMessage(), e);
    }
  }
}
