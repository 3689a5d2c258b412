#!/bin/sh
# Makes the samples of this folder anew with espeak-ng and ffmpeg, and samples.tsv: what ffprobe says of each.
# Columns: file, container, milliseconds by ffprobe (-: it does not know), milliseconds when decoded.
# chromium-live.webm and chromium-seekable.webm are what MediaRecorder of Chromium 156 gave (start(200) and start()) for a tone,
# and refused-chromium-opus.mp4 the same in MP4; they stay as they are. Run it in this folder: the files differ from one ffmpeg to another.
set -eu
cd "$(dirname "$0")"
spoken=$(mktemp --suffix=.wav)
trap 'rm -f "$spoken"' EXIT
espeak-ng -v sw -w "$spoken" "Habari ya asubuhi."
make() { ffmpeg -v error -y -bitexact -i "$spoken" "$@"; }

make -ac 1 -ar 48000 -c:a libopus -b:a 12k -frame_duration 60 ogg-opus.ogg
make -ac 1 -ar 48000 -c:a libopus -b:a 12k webm-opus.webm
make -ac 1 -ar 48000 -c:a libopus -b:a 12k -live 1 -f webm webm-live.webm
make -ac 1 -ar 16000 -c:a aac -b:a 16k mp4-aac.m4a
make -ac 1 -ar 16000 -c:a aac -b:a 16k -movflags frag_keyframe+empty_moov+default_base_moof -frag_duration 300000 mp4-fragments.m4a
make -ac 1 -ar 16000 -c:a aac -b:a 16k -movflags empty_moov -frag_duration 300000 mp4-offsets.m4a
make -ac 1 -ar 8000 -t 0.4 -c:a pcm_s16le wav-pcm.wav
make -ac 1 -ar 8000 -t 0.4 -c:a pcm_s16le -f wav - | cat > wav-piped.wav
make -ac 1 -ar 8000 -t 0.4 -c:a flac flac.flac
make -ac 1 -ar 8000 -t 0.4 -c:a flac -f flac - | cat > flac-piped.flac
# What must be refused.
make -ac 1 -ar 16000 -b:a 16k refused-mp3.mp3
make -ac 1 -ar 16000 -c:a libvorbis -q:a -1 -t 0.5 refused-vorbis.ogg
make -ac 1 -ar 8000 -t 0.5 -c:a pcm_mulaw refused-mulaw.wav
make -ac 1 -ar 48000 -c:a libopus -b:a 12k -t 0.5 refused-matroska.mka
make -ac 1 -ar 16000 -b:a 16k -t 0.5 -f mp4 -c:a libmp3lame refused-mp3.mp4
ffmpeg -v error -y -bitexact -f lavfi -i color=black:s=16x16:d=0.2 -i "$spoken" -c:v libvpx -c:a libopus -b:a 8k -t 0.2 refused-video.webm
ffmpeg -v error -y -bitexact -f lavfi -i color=black:s=16x16:d=0.2 -i "$spoken" -c:v mpeg4 -c:a aac -b:a 16k -t 0.2 refused-video.mp4

for file in *.ogg *.webm *.m4a *.wav *.flac; do
  case $file in refused-*) continue ;; esac
  said=$(ffprobe -v error -show_entries format=duration -of csv=p=0 "$file")
  samples=$(($(ffmpeg -v error -i "$file" -f s16le -ac 1 -ar 48000 - | wc -c) / 2))
  container=${file##*.}
  said=$(echo "$said" | awk '{ if ($1 == "N/A") print "-"; else printf "%.0f", $1 * 1000 }')
  printf '%s\t%s\t%s\t%s\n' "$file" "$container" "$said" $((samples / 48))
done > samples.tsv
