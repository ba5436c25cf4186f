package io.darex.bench.tokenizer;

import io.darex.bench.console.BadInputException;
import io.darex.prune.MismatchException;
import io.darex.prune.SideFile;
import io.darex.prune.file.InputFile;
import io.darex.prune.folder.ModelCard;
import io.darex.prune.folder.SideFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The files of a Hugging Face folder that make up its tokenizer, and the others beside its weights
 * such as {@code generation_config.json}, as they are: a folder written back carries them
 * unchanged.
 *
 * @param contents by file name
 * @param model the {@code model_type} and {@code tokenizer_class} of the model's {@code
 *     config.json}, by which transformers chooses where {@code tokenizer_config.json} names no
 *     class
 */
public record TokenizerFiles(SortedMap<String, byte[]> contents, ModelKeys model) {
  private static final String FAST = "tokenizer.json";
  private static final String CONFIG = "tokenizer_config.json";
  private static final String SPECIAL = "special_tokens_map.json";
  private static final String ADDED = "added_tokens.json";
  private static final String PIECES = "vocab.txt";
  private static final String PAIRS = "vocab.json";
  private static final String MERGES = "merges.txt";
  private static final String SENTENCE_PIECE = "sentencepiece.bpe.model";

  /** transformers writes 1e30 where a tokenizer has no limit. */
  private static final double LIMITED = 1e9;

  private static final String MODEL_CONFIG = "config.json";
  private static final String TOKENIZER_CLASS = "tokenizer_class";

  /** What {@code config.json} says of the tokenizer. */
  public record ModelKeys(Optional<String> modelType, Optional<String> tokenizerClass) {
    /** Where there is no {@code config.json}. */
    static final ModelKeys NONE = new ModelKeys(Optional.empty(), Optional.empty());
  }

  /** Makes the map unmodifiable. */
  public TokenizerFiles {
    contents = Collections.unmodifiableSortedMap(new TreeMap<>(contents));
  }

  /** Those of a tokenizer whose model is not known. */
  public TokenizerFiles(SortedMap<String, byte[]> contents) {
    this(contents, ModelKeys.NONE);
  }

  /**
   * Those of a folder.
   *
   * @throws BadInputException if it holds neither {@code tokenizer.json} nor {@code vocab.txt} nor
   *     {@code vocab.json} and {@code merges.txt}
   */
  public static TokenizerFiles read(Path folder) throws IOException {
    SortedMap<String, byte[]> contents = SideFiles.read(folder);
    contents.remove(ModelCard.FILE); // it speaks of that model, not of one tuned from it
    boolean pieces = contents.containsKey(PIECES);
    boolean pairs = contents.containsKey(PAIRS) && contents.containsKey(MERGES);
    if (!contents.containsKey(FAST) && !pieces && !pairs) {
      throw new BadInputException(
          folder
              + ": expected a tokenizer: tokenizer.json, or vocab.txt, or vocab.json and"
              + " merges.txt; got "
              + (Files.exists(folder.resolve(SENTENCE_PIECE))
                  ? SENTENCE_PIECE + " alone: save it once by transformers, which adds " + FAST
                  : "none of them"));
    }
    return new TokenizerFiles(contents, modelKeys(folder.resolve(MODEL_CONFIG)));
  }

  private static ModelKeys modelKeys(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return ModelKeys.NONE;
    }
    JsonPart config = JsonPart.object(MODEL_CONFIG, utf8(MODEL_CONFIG, Files.readAllBytes(file)));
    return new ModelKeys(
        Optional.ofNullable(config.at("model_type").text(null)),
        Optional.ofNullable(config.at(TOKENIZER_CLASS).text(null)));
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
          source + ": expected " + missing + " beside the base's weights, got no such files");
    }
    return new TokenizerFiles(restored, model);
  }

  /**
   * The text of a {@code tokenizer.json} that gives the ids which transformers 5 gives with these
   * files: {@code tokenizer_config.json} rules over what {@code tokenizer.json} says.
   *
   * @throws BadInputException if a file cannot be used, or says what is not followed
   */
  public String json() {
    return make().json();
  }

  private NativeTokenizer make() {
    JsonPart fast = object(FAST);
    TokenizerKind kind = kind();
    TokenizerSettings settings = settings(kind, fast);
    return new NativeTokenizer(kind, settings, vocabulary(kind, fast), fast);
  }

  private TokenizerSettings settings(TokenizerKind kind, JsonPart fast) {
    TokenizerSettings.Older older = new TokenizerSettings.Older(object(SPECIAL), object(ADDED));
    return new TokenizerSettings(kind, object(CONFIG), older, fast);
  }

  /** The class that a config names, else that of the model, else what the files look like. */
  private TokenizerKind kind() {
    JsonPart written = object(CONFIG).at(TOKENIZER_CLASS);
    if (!written.absent()) {
      return TokenizerKind.ofClass(CONFIG, written.text());
    }
    if (model.tokenizerClass().isPresent()) {
      return TokenizerKind.ofClass(MODEL_CONFIG, model.tokenizerClass().get());
    }
    TokenizerKind guess =
        contents.containsKey(FAST)
            ? TokenizerKind.AS_FILED
            : contents.containsKey(PIECES) ? TokenizerKind.BERT : TokenizerKind.ROBERTA;
    return model.modelType().flatMap(TokenizerKind::ofModel).orElse(guess);
  }

  private Vocabulary vocabulary(TokenizerKind kind, JsonPart fast) {
    if (contents.containsKey(FAST)) {
      JsonPart filed = fast.at("model");
      String type = filed.at("type").text(kind.model());
      if (kind != TokenizerKind.AS_FILED && !type.equals(kind.model())) {
        throw filed.at("type").refusal(kind.model() + ", which the tokenizer's class has");
      }
      return switch (type) {
        case "WordPiece", "WordLevel" -> Vocabulary.ofPieces(type, filed.at("vocab"));
        case "BPE" -> Vocabulary.ofPieces(type, filed.at("vocab")).withMerges(filed.at("merges"));
        case "Unigram" -> Vocabulary.ofScores(filed.at("vocab"));
        default -> throw filed.at("type").refusal("WordPiece, BPE, Unigram or WordLevel");
      };
    }
    if (kind.wordPiece() && contents.containsKey(PIECES)) {
      return Vocabulary.ofLines(text(PIECES));
    }
    if (kind == TokenizerKind.ROBERTA && contents.keySet().containsAll(List.of(PAIRS, MERGES))) {
      return Vocabulary.ofPieces("BPE", object(PAIRS)).withMerges(text(MERGES));
    }
    throw new BadInputException(
        "tokenizer: expected "
            + FAST
            + (kind.wordPiece() ? " or " + PIECES : "")
            + (kind == TokenizerKind.ROBERTA ? ", or " + PAIRS + " and " + MERGES : "")
            + " for its class, got "
            + String.join(", ", contents.keySet()));
  }

  /** The longest encoding it is meant for, where {@code tokenizer_config.json} says so. */
  public OptionalInt maxLength() {
    JsonPart config = object(CONFIG);
    JsonPart length = config.at("model_max_length");
    double limit = (length.absent() ? config.at("max_len") : length).node().asDouble(LIMITED);
    return limit >= 2 && limit < LIMITED ? OptionalInt.of((int) limit) : OptionalInt.empty();
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
    NativeTokenizer made = make();
    if (made.end() > vocabSize) {
      throw new BadInputException(
          "tokenizer: expected at most "
              + vocabSize
              + " tokens, the rows of the word embeddings, got "
              + made.end()
              + ": it belongs to another model");
    }
    try {
      return new Tokenizer(
          made.json(), new Tokenizer.Limits(maxLength, vocabSize, made.types(), made.cutsLeft()));
    } catch (IllegalArgumentException e) {
      throw new BadInputException(e.getMessage(), e);
    }
  }

  private String text(String name) {
    return utf8(name, contents.get(name));
  }

  private static String utf8(String name, byte[] bytes) {
    Optional<String> other = InputFile.otherThanText(bytes);
    if (other.isPresent()) {
      throw new BadInputException(name + ": expected a text, got " + other.get());
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new BadInputException(name + ": expected UTF-8, got other bytes", e);
    }
  }

  /** The object in a file; an empty one where there is no such file. */
  private JsonPart object(String name) {
    return contents.containsKey(name) ? JsonPart.object(name, text(name)) : JsonPart.empty(name);
  }
}
