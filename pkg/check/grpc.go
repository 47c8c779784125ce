package check

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// gRPC over HTTP/2, and its health service grpc.health.v1.
const (
	healthCheck = "/grpc.health.v1.Health/Check"
	grpcType    = "application/grpc"
	grpcHeader  = 5 // compressed or not, and the length of the message
	grpcNameMax = 1 << 10
)

// healthStates are the names of HealthCheckResponse.ServingStatus.
var healthStates = []string{"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"}

const healthServing = 1

// grpc is the check of grpc and, over TLS, grpcs: it asks the health service for the state of the
// service in request=, by default of the whole server; SERVING is up. It is not the original's.
func grpc(ctx context.Context, env *Env, t Target) Result {
	state, err := askHealth(ctx, env, t)
	switch {
	case err != nil:
		return failed(ctx, err)
	case state >= uint64(len(healthStates)):
		return Result{Message: fmt.Sprintf("health state %d", state)}
	}
	return Result{Up: state == healthServing, Message: healthStates[state]}
}

func askHealth(ctx context.Context, env *Env, t Target) (state uint64, err error) {
	question, err := healthRequest(t.request())
	if err != nil {
		return 0, err
	}
	c, err := openHTTP2(ctx, env, t, t.Virtual.CheckService == "grpcs")
	if err != nil {
		return 0, err
	}
	defer c.Close()
	req, err := c.request(ctx, t, http.MethodPost, healthCheck, bytes.NewReader(question))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", grpcType)
	req.Header.Set("Te", "trailers")
	resp, body, err := c.ask(req)
	if err != nil {
		return 0, err
	}
	if err := grpcError(resp); err != nil {
		return 0, err
	}
	return healthState(body)
}

// grpcError is what header and trailer say. An answer without a body has all in its header.
func grpcError(resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), grpcType) {
		return errors.New("answer is not gRPC")
	}
	end := resp.Trailer
	if resp.Header.Get("Grpc-Status") != "" {
		end = resp.Header
	}
	switch status, text := end.Get("Grpc-Status"), end.Get("Grpc-Message"); status {
	case "0":
		return nil
	case "":
		return errors.New("answer without grpc-status")
	default:
		return fmt.Errorf("grpc-status %s %s", status, text[:min(len(text), shownMax)])
	}
}

// healthRequest is a HealthCheckRequest with its frame: field 1 is the name of the service.
func healthRequest(service string) ([]byte, error) {
	if len(service) > grpcNameMax {
		return nil, errors.New("name of the service too long")
	}
	var message []byte
	if service != "" {
		message = binary.AppendUvarint([]byte{1<<3 | 2}, uint64(len(service)))
		message = append(message, service...)
	}
	frame := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))
	return append(frame, message...), nil
}

var errHealth = errors.New("unusable health answer")

// healthState reads a framed HealthCheckResponse: field 1 is the state, 0 if it is missing.
func healthState(body []byte) (state uint64, err error) {
	if len(body) < grpcHeader || body[0] != 0 || uint64(binary.BigEndian.Uint32(body[1:])) != uint64(len(body)-grpcHeader) {
		return 0, errHealth
	}
	for b := body[grpcHeader:]; len(b) > 0; {
		key, n := binary.Uvarint(b)
		if n <= 0 {
			return 0, errHealth
		}
		b = b[n:]
		value, size := protoValue(key&7, b)
		if size <= 0 {
			return 0, errHealth
		}
		if key == 1<<3 {
			state = value
		}
		b = b[size:]
	}
	return state, nil
}

// protoValue measures a value of a wire type of Protocol Buffers; size 0 or less is none. Only
// numbers have a value.
func protoValue(kind uint64, b []byte) (value uint64, size int) {
	switch kind {
	case 0:
		return binary.Uvarint(b)
	case 1:
		size = 8
	case 2:
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)) {
			return 0, 0
		}
		size = n + int(length)
	case 5:
		size = 4
	}
	if size > len(b) {
		return 0, 0
	}
	return 0, size
}
