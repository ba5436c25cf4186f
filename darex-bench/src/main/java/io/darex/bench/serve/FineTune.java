package io.darex.bench.serve;

import io.darex.bench.encoder.BesideDelta;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.tokenizer.EncodedText;
import java.nio.file.Path;

/** A fine-tune that is served: freed when it is taken out and nobody uses it any more. */
final class FineTune {
  private final Path file;
  private final EncoderConfig config;
  private final BesideDelta delta;
  private final Tokenizers.Shared tokenizer;
  private final Way way;
  private final double keptShare;
  private int users;
  private boolean retired;

  /**
   * @param way unmerged or resident
   * @param keptShare of the entries of the layers' matrices
   */
  FineTune(
      Path file,
      EncoderConfig config,
      BesideDelta delta,
      Tokenizers.Shared tokenizer,
      Way way,
      double keptShare) {
    this.file = file;
    this.config = config;
    this.delta = delta;
    this.tokenizer = tokenizer;
    this.way = way;
    this.keptShare = keptShare;
  }

  /** Whether it may still be used; if so it lasts until {@link #leave}. */
  synchronized boolean take() {
    if (retired) {
      return false;
    }
    users++;
    return true;
  }

  synchronized void leave() {
    users--;
    freeIfDone();
  }

  /** Nobody takes it from now on. */
  synchronized void retire() {
    if (!retired) {
      retired = true;
      freeIfDone();
    }
  }

  private void freeIfDone() {
    if (retired && users == 0) {
      delta.close();
      tokenizer.giveBack();
    }
  }

  synchronized boolean isRetired() {
    return retired;
  }

  /**
   * The tokens of a text.
   *
   * @throws io.darex.bench.console.BadInputException if the model cannot read it
   */
  EncodedText encode(Text text) {
    return tokenizer.tokenizer().encode(text.first(), text.second());
  }

  EncoderConfig config() {
    return config;
  }

  BesideDelta delta() {
    return delta;
  }

  boolean isResident() {
    return way == Way.RESIDENT;
  }

  Served describe(String name) {
    return new Served(name, file, config.labels(), way, keptShare, delta.bytes());
  }
}
