package io.darex.bench.serve;

import io.darex.bench.pipeline.UsableModel;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.bench.tokenizer.TokenizerFiles;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** Tokenizers, of which fine-tunes with the same files share one: each takes tens of megabytes. */
final class Tokenizers {
  private record Key(
      Map<String, ByteBuffer> files, TokenizerFiles.ModelKeys model, int longest, int vocabulary) {}

  private final Map<Key, Shared> open = new HashMap<>();

  /** A tokenizer in use, closed when the last who has taken it gives it back. */
  final class Shared {
    private final Key key;
    private final Tokenizer tokenizer;
    private int users;

    private Shared(Key key, Tokenizer tokenizer) {
      this.key = key;
      this.tokenizer = tokenizer;
    }

    Tokenizer tokenizer() {
      return tokenizer;
    }

    void giveBack() {
      synchronized (Tokenizers.this) {
        if (--users == 0) {
          open.remove(key);
          tokenizer.close();
        }
      }
    }
  }

  /**
   * That of a model, for texts as long as it takes.
   *
   * @throws io.darex.bench.console.BadInputException if its files cannot be used
   */
  synchronized Shared take(UsableModel model) {
    int longest = model.longest(null);
    Map<String, ByteBuffer> files = new TreeMap<>();
    model.tokenizer().contents().forEach((name, bytes) -> files.put(name, ByteBuffer.wrap(bytes)));
    Key key = new Key(files, model.tokenizer().model(), longest, model.config().vocabSize());
    Shared shared = open.get(key);
    if (shared == null) {
      shared = new Shared(key, model.tokenizer(longest));
      open.put(key, shared);
    }
    shared.users++;
    return shared;
  }
}
