// Command pion echoes messages over one association of pion's SCTP, whose path is one UDP flow on loopback:
//
//	pion client|server LOCAL-PORT REMOTE-PORT
//
// As a client it opens stream 1 and sends hello first. It shuts the association down at the end of its standard input and
// ends when the association ends.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"

	"github.com/pion/logging"
	"github.com/pion/sctp"
)

func main() {
	path, err := net.DialUDP("udp4", loopback(os.Args[2]), loopback(os.Args[3]))
	check(err)
	config := sctp.Config{NetConn: path, LoggerFactory: logging.NewDefaultLoggerFactory()}
	fmt.Println("ready")
	var association *sctp.Association
	if os.Args[1] == "client" {
		association, err = sctp.Client(config)
	} else {
		association, err = sctp.Server(config)
	}
	check(err)
	fmt.Println("up")
	if os.Args[1] == "client" {
		stream, err := association.OpenStream(1, sctp.PayloadTypeWebRTCString)
		check(err)
		_, err = stream.Write([]byte("hello"))
		check(err)
		go echo(stream)
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		check(association.Shutdown(context.Background()))
	}()
	for {
		stream, err := association.AcceptStream()
		if err != nil {
			fmt.Println("ended:", err)
			return
		}
		go echo(stream)
	}
}

func echo(stream *sctp.Stream) {
	message := make([]byte, 1<<20)
	for {
		length, kind, err := stream.ReadSCTP(message)
		if err != nil {
			fmt.Println("stream", stream.StreamIdentifier(), "ended:", err)
			return
		}
		_, err = stream.WriteSCTP(message[:length], kind)
		check(err)
	}
}

func loopback(port string) *net.UDPAddr {
	number, err := strconv.Atoi(port)
	check(err)
	return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: number}
}

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}
