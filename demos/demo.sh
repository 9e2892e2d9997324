#!/bin/sh
# `make demo`: what the library is for, shown by the command on real vectors.
# usage: demo.sh BUILD [glove|fashion-mnist]
cd "$(dirname "$0")/.." || exit 1
build=${1:-build}
data=${2:-glove}
out=demos/out
faiss=$build/faiss
mkdir -p "$out" || exit 1

bold=
plain=
if [ -t 1 ]; then
    bold=$(printf '\033[1m')
    plain=$(printf '\033[0m')
fi

say() {
    printf '\n%s\n' "$*"
}

# Show a command of faiss, then run it.
faiss() {
    line="faiss"
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./,:=@+-]*) line="$line '$word'" ;;
        *) line="$line $word" ;;
        esac
    done
    printf '\n%s$ %s%s\n' "$bold" "$line" "$plain"
    "$faiss" "$@" || exit 1
}

demo_glove() {
    vectors=demos/data/glove-20k.f16.npy
    words=demos/data/glove-20k.words.txt
    index=$out/glove.index

    say "20,000 English words, each a vector of 100 numbers: words that are used alike have vectors"
    echo "that point in similar directions. The index sorts them into 128 lists by k-means, so that a"
    echo "search need only look into the few lists nearest to the query."
    faiss build $vectors -f IVF128,Flat -m cosine -o $index
    faiss info $index

    say "Which words are nearest to these, by the cosine of the angle?"
    faiss search $index $vectors --names $words --no-self -p nprobe=16 -k 6 \
        -Q king,river,computer,coffee,guitar,einstein,tuesday

    say "The more lists a search visits (nprobe), the more of the true neighbours it finds, and the"
    echo "longer it takes. How much of which? Each line is the best there is at its recall:"
    faiss eval $index $vectors --base $vectors -n 5000 -k 10 --sweep --plot $out/glove.svg
    say "Open the plot with a browser: $PWD/$out/glove.svg"
}

# The images of some ids side by side, 14 x 7 characters each.
show_images() { # FILE OF RAW IMAGES, ids...
    images=$1
    shift
    for id in "$@"; do
        tail -c +$((id * 784 + 1)) "$images" | head -c 784
    done | od -An -v -tu1 -w28 | awk '
        { image = int ((NR - 1) / 28); row = int ((NR - 1) % 28 / 4); n = image + 1
          for (i = 1; i <= 28; i++) sum[image, row, int ((i - 1) / 2)] += $i }
        END { for (row = 0; row < 7; row++) { line = " "
                for (image = 0; image < n; image++) { line = line " "
                  for (x = 0; x < 14; x++)
                      line = line substr (" .:-=+*#%@", 1 + int (sum[image, row, x] / 8 / 25.6), 1) }
                print line } }'
}

demo_fashion_mnist() {
    folder=/usr/share/datasets/fashion-mnist
    base=$folder/train-images-idx3-ubyte.gz
    queries=$folder/t10k-images-idx3-ubyte.gz
    index=$out/fashion-mnist.index
    if [ ! -f $base ]; then
        echo "$base is missing: apt install dataset-fashion-mnist" >&2
        exit 1
    fi
    for set in train t10k; do # the classes' names, a line for each image
        gzip -dc $folder/$set-labels-idx1-ubyte.gz | tail -c +9 | od -An -v -tu1 -w1 | awk '
            BEGIN { split ("T-shirt Trouser Pullover Dress Coat Sandal Shirt Sneaker Bag Boot", name) }
            { print name[$1 + 1] }' >$out/$set.txt
    done
    gzip -dc $base | tail -c +17 >$out/train.images
    gzip -dc $queries | tail -c +17 >$out/t10k.images

    say "60,000 photographs of clothes, 28 x 28 grey pixels: vectors of 784 numbers. The index sorts"
    echo "them into 256 lists by k-means, so that a search need only look into the few lists nearest"
    echo "to the query."
    faiss build $base -f IVF256,Flat -o $index
    faiss info $index

    say "What are these eight photographs, which the index has not seen? Their nearest neighbours say:"
    faiss search $index $queries --names $out/train.txt --query-names $out/t10k.txt -p nprobe=8 \
        -k 5 -Q 0:8
    say "The first of them, a boot, with its four nearest neighbours, and the third, a pair of trousers:"
    for query in 0 2; do
        echo
        "$faiss" search $index $queries -p nprobe=8 -k 4 -Q $query -o - | cut -f3 >$out/ids.txt
        tail -c +$((query * 784 + 1)) $out/t10k.images | head -c 784 >$out/some.images
        while read -r id; do
            tail -c +$((id * 784 + 1)) $out/train.images | head -c 784 >>$out/some.images
        done <$out/ids.txt
        show_images $out/some.images 0 1 2 3 4
    done

    say "The more lists a search visits (nprobe), the more of the true neighbours it finds, and the"
    echo "longer it takes. How much of which? Each line is the best there is at its recall:"
    faiss eval $index $queries --base $base -n 2000 -k 10 --sweep --plot $out/fashion-mnist.svg
    rm -f $out/*.images $out/ids.txt
    say "Open the plot with a browser: $PWD/$out/fashion-mnist.svg"
}

case $data in
glove) demo_glove ;;
fashion-mnist) demo_fashion_mnist ;;
*)
    echo "DATA=$data: there are glove (the default) and fashion-mnist" >&2
    exit 2
    ;;
esac
