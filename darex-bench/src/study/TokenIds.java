import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.console.BadInputException;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.bench.tokenizer.TokenizerFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Prints one line of JSON a folder: the token ids of each text, or why the tokenizer is refused.
 *
 * <p>Arguments: a JSON list of texts, then folders.
 */
final class TokenIds {
  private TokenIds() {}

  public static void main(String[] arguments) throws Exception {
    ObjectMapper json = new ObjectMapper();
    JsonNode texts = json.readTree(Files.readString(Path.of(arguments[0])));
    for (String folder : List.of(arguments).subList(1, arguments.length)) {
      Object said;
      try {
        TokenizerFiles files = TokenizerFiles.read(Path.of(folder));
        List<int[]> ids = new ArrayList<>();
        try (Tokenizer tokenizer = files.open(Math.min(64, files.maxLength().orElse(64)), 10_000)) {
          for (JsonNode text : texts) {
            ids.add(tokenizer.encode(text.textValue()).ids());
          }
        }
        said = ids;
      } catch (BadInputException e) {
        said = e.getMessage();
      }
      System.out.println(json.writeValueAsString(said));
    }
  }
}
